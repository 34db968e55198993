import type { HostDoc } from '../../store/documents/hosts.js';

/** One value of a golden record, with its label. */
export interface Field {
  label: string;
  /** Path below the host, by which its provenance is found. */
  path: string;
  value: string;
  /** Set in a monospaced font, because users search for it or copy it. */
  mono?: true;
}

const bytes = (megabytes: number | undefined) =>
  megabytes === undefined
    ? undefined
    : megabytes >= 1_024
      ? `${+(megabytes / 1_024).toFixed(1)} GB`
      : `${megabytes} MB`;
const day = (time: Date | undefined) => time?.toISOString().slice(0, 10);
const yes = (flag: boolean | undefined) => (flag === undefined ? undefined : flag ? 'yes' : 'no');

/** `firmware_ver` → `Firmware ver`. */
const labelOf = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;

/** The single values of a host, in groups; absent ones are left out. Values without a group of their own come last. */
export function fieldGroups(host: HostDoc): { title: string; fields: Field[] }[] {
  const { device, cloud } = host;
  const { os, hw_info: hardware } = device;
  const placed = new Set<string>();
  const field = (label: string, path: string, value: string | number | undefined, mono?: true): Field[] => {
    placed.add(path);
    return value === undefined || value === '' ? [] : [{ label, path, value: String(value), ...(mono && { mono }) }];
  };
  const groups = [
    {
      title: 'Identity',
      fields: [
        field('Hostname', 'device.hostname', device.hostname, true),
        field('Name', 'device.name', device.name === device.hostname ? undefined : device.name),
        field('Domain', 'device.domain', device.domain),
        field('Type', 'device.type_id', device.type),
        field('Class', 'class', host.class === 'machine' ? undefined : host.class),
        field('Status', 'status', host.status),
        field('Managed', 'device.is_managed', yes(device.is_managed)),
        field('Owner', 'device.owner', device.owner?.name),
        field('Organisational unit', 'device.org', device.org?.ou_name),
        field('Created', 'device.created_time', day(device.created_time)),
        field('Last boot', 'device.boot_time', day(device.boot_time)),
      ],
    },
    {
      title: 'Operating system',
      fields: [
        field('Name', 'device.os', os?.name),
        field('Version', 'device.os', os?.version),
        field('Edition', 'device.os', os?.edition),
        field('Build', 'device.os', os?.build),
        field('Kernel', 'device.os', os?.kernel_release),
      ],
    },
    {
      title: 'Network',
      fields: [
        field('Address', 'device.ip', device.ip, true),
        field('MAC', 'device.mac', device.mac, true),
        field('External', 'external_ips', host.external_ips.join(', '), true),
      ],
    },
    {
      title: 'Hardware',
      fields: [
        field('Manufacturer', 'device.vendor_name', device.vendor_name),
        field('Model', 'device.model', device.model),
        field('Serial number', 'device.hw_info.serial_number', hardware?.serial_number, true),
        field('UUID', 'device.hw_info.uuid', hardware?.uuid, true),
        field('Processor', 'device.hw_info.cpu_type', hardware?.cpu_type),
        field('Processors', 'device.hw_info.cpu_count', hardware?.cpu_count),
        field('Memory', 'device.hw_info.ram_size', bytes(hardware?.ram_size)),
        field('Chassis', 'device.hw_info.chassis', hardware?.chassis),
        field('BIOS', 'device.hw_info.bios_ver', hardware?.bios_ver),
        field('BIOS manufacturer', 'device.hw_info.bios_manufacturer', hardware?.bios_manufacturer),
        field('BIOS date', 'device.hw_info.bios_date', hardware?.bios_date),
      ],
    },
    {
      title: 'Cloud',
      fields: [
        field('Provider', 'cloud', cloud?.provider),
        field('Account', 'cloud', cloud?.account?.uid, true),
        field('Project', 'cloud', cloud?.project_uid, true),
        field('Instance', 'device.instance_uid', device.instance_uid, true),
        field('Image', 'device.image', device.image?.uid, true),
        field('Region', 'device.region', device.region),
        field('Zone', 'device.zone', device.zone),
        field('VPC', 'device.vpc_uid', device.vpc_uid, true),
        field('Subnet', 'device.subnet_uid', device.subnet_uid, true),
      ],
    },
    {
      title: 'Findings',
      fields: [
        field('Vulnerabilities', 'vulnerability_count', host.vulnerability_count),
        field('Installed software', 'software_count', host.software_count),
      ],
    },
  ];
  const others = Object.entries(device).flatMap(([name, value]) => {
    const path = `device.${name}`;
    const isSingle = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (!isSingle || placed.has(path) || name === 'type') return [];
    return field(labelOf(name), path, typeof value === 'boolean' ? yes(value) : value);
  });
  return [...groups, { title: 'Other', fields: [others] }]
    .map(({ title, fields }) => ({ title, fields: fields.flat() }))
    .filter(({ fields }) => fields.length > 0);
}
