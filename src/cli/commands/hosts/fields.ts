import type { HostDoc } from '../../../store/documents/hosts.js';

/** A value of a golden record: its label, its path below the host, and its text. */
export interface Field {
  label: string;
  path: string;
  value: string;
}

/** The values of a host that users look for; absent ones are left out. */
export function fieldsOf(host: HostDoc): Field[] {
  const { device, cloud, external_ips: external, tags } = host;
  const { hw_info: hardware, os, network_interfaces: nics = [], agent_list: agents = [] } = device;
  const field = (label: string, path: string, value: string | number | undefined): Field[] =>
    value === undefined || value === '' ? [] : [{ label, path, value: String(value) }];
  const joined = (...parts: (string | undefined)[]) => parts.filter(Boolean).join(' ');
  return [
    field('hostname', 'device.hostname', device.hostname),
    field('name', 'device.name', device.name?.toLowerCase() === device.hostname ? undefined : device.name),
    field('domain', 'device.domain', device.domain),
    field('type', 'device.type_id', device.type),
    field('os', 'device.os', joined(os?.name, os?.version)),
    field('address', 'device.ip', device.ip),
    field('external', 'external_ips', external.join(', ')),
    field('mac', 'device.mac', device.mac),
    field('interfaces', 'device.network_interfaces', listed(nics.map(({ name, mac, ip }) => joined(name, mac, ip)))),
    field('manufacturer', 'device.vendor_name', device.vendor_name),
    field('model', 'device.model', device.model),
    field('serial', 'device.hw_info.serial_number', hardware?.serial_number),
    field('uuid', 'device.hw_info.uuid', hardware?.uuid),
    field('cloud', 'cloud.account', cloud && joined(cloud.provider, cloud.account?.uid ?? cloud.project_uid)),
    field('region', 'device.region', device.region),
    field('instance', 'device.instance_uid', device.instance_uid),
    field('owner', 'device.owner', device.owner?.name),
    field('status', 'status', host.status),
    field('agents', 'device.agent_list', listed(agents.map(({ name, version }) => joined(name, version)))),
    field('tags', 'tags', listed(tags)),
    field('vulnerabilities', 'vulnerability_count', host.vulnerability_count),
    field('software', 'software_count', host.software_count),
  ].flat();
}

const MOST = 8;

function listed(entries: readonly string[]): string {
  const more = entries.length - MOST;
  return [...entries.slice(0, MOST), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
