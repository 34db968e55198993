import {
  clean,
  cloudProvider,
  count,
  domain,
  hostname,
  ip,
  ipScope,
  mac,
  productName,
  serialNumber,
  text,
  time,
  uuidFromSerial,
} from '../../host/canonical/index.js';
import { providerOfInstance } from '../../host/canonical/cloud.js';
import { deviceType } from '../../host/canonical/device-type.js';
import { observation } from '../../host/observation.js';
import { osFamily, parseOs } from '../../host/canonical/os.js';
import type { NetworkInterface, Os } from '../../host/types.js';
import { RecordRejected, type Mapped } from '../../model/source.js';
import { isRaw, listOf, type Raw } from '../mapping/raw.js';

/**
 * Maps a Falcon device (`/devices/combined/devices/v1`, `/devices/entities/devices/v2`) to an observation, plain or extended
 * JSON. Optional values of a wrong type are omitted. Throws `RecordRejected` if the record is not an object or has no usable
 * `device_id`.
 */
export function mapDevice(raw: unknown): Mapped {
  if (!isRaw(raw)) throw new RecordRejected('record is not an object');
  const id = idOf(raw['device_id']);
  const pod =
    text(raw['pod_id']) !== undefined || text(raw['pod_name']) !== undefined || raw['product_type_desc'] === 'Pod';
  const name = text(raw['hostname'], 256) ?? (pod ? text(raw['pod_name'], 256) : undefined);
  const os = osOf(raw);
  const vendor = productName(raw['system_manufacturer']);
  const model = productName(raw['system_product_name']);
  const serial = serialNumber(raw['serial_number']);
  const chassis = text(raw['chassis_type_desc'], 64);
  const external = ip(raw['external_ip']);
  const own = pod ? (ip(raw['pod_ip4']) ?? ip(raw['pod_ip6']) ?? ip(raw['local_ip'])) : ip(raw['local_ip']);
  const { cloud, instance, region, zone } = cloudOf(raw);

  const kind = deviceType({
    chassis: count(raw['chassis_type']),
    product: text(raw['product_type_desc']),
    os: os?.name,
    vendor,
    model,
  });

  // No spread in this literal: after a spread, V8 builds a literal of this size two hundred times slower.
  return {
    id,
    observation: observation({
      class: pod ? 'pod' : 'machine',
      device: {
        type_id: kind.type_id,
        type: kind.type,
        name,
        hostname: (pod ? hostname(raw['pod_hostname']) : undefined) ?? hostname(name),
        domain: domain(raw['machine_domain']),
        ip: own ?? ip(raw['connection_ip']),
        mac: mac(raw['mac_address']) ?? mac(raw['connection_mac_address']),
        network_interfaces: interfacesOf(raw, own),
        os,
        hw_info: {
          bios_manufacturer: productName(raw['bios_manufacturer']),
          bios_ver: text(raw['bios_version'], 128),
          chassis: chassis === 'Other' || chassis?.startsWith('Invalid') ? undefined : chassis,
          serial_number: serial,
          uuid: serial === undefined ? undefined : uuidFromSerial(serial),
        },
        vendor_name: vendor,
        model,
        agent_list: [
          {
            type_id: 1,
            type: 'Endpoint Detection and Response',
            name: 'Falcon Sensor',
            vendor_name: 'CrowdStrike',
            uid: id,
            version: text(raw['agent_version'], 64),
          },
        ],
        instance_uid: instance,
        region,
        zone,
        org: { ou_name: texts(raw['ou'], 256).join('/') || undefined },
        owner: { name: text(raw['last_login_user'], 256) },
        groups: texts(raw['groups'], 64).map((uid) => ({ uid })),
        is_managed: true,
        first_seen_time: time(raw['first_seen']),
        // Not `agent_local_time`: it comes from the device's own clock, which is wrong by years on some devices.
        last_seen_time: time(raw['last_seen']),
        modified_time: time(raw['modified_timestamp']),
        boot_time: time(raw['last_reboot']),
      },
      cloud,
      external_ips: external !== undefined && ipScope(external) === 'public' ? [external] : [],
      tags: texts(raw['tags'], 256),
      status: text(raw['status'], 64),
    }),
  };
}

function idOf(value: unknown): string {
  if (typeof value === 'string') {
    const id = text(value, 256)?.toLowerCase();
    if (id !== undefined) return id;
  }
  if (value === undefined || value === null || typeof value === 'string')
    throw new RecordRejected('device_id is missing');
  throw new RecordRejected('device_id is not text');
}

function texts(value: unknown, limit: number): string[] {
  return listOf(value).flatMap((entry) => clean(entry, limit) ?? []);
}

/** A record contains the last interface used, and the interface connected to the cloud. They are usually the same. */
function interfacesOf(raw: Raw, own: string | undefined): Partial<NetworkInterface>[] {
  const rows = [
    { ip: own, mac: mac(raw['mac_address']) },
    { ip: ip(raw['connection_ip']), mac: mac(raw['connection_mac_address']) },
  ];
  const usable = rows.filter((row) => row.mac !== undefined || (row.ip !== undefined && ipScope(row.ip) !== 'public'));
  return usable.filter((row) => row.ip === undefined || ipScope(row.ip) !== 'local') as Partial<NetworkInterface>[];
}

/**
 * The operating system. `major_version` and `minor_version` are the version of Windows; on other systems they are
 * the version of the kernel.
 */
function osOf(raw: Raw): Os | undefined {
  const platform = text(raw['platform_name'], 64);
  const line = text(raw['os_product_name'], 256) ?? text(raw['os_version'], 256) ?? platform;
  if (line === undefined) return undefined;
  const os = parseOs(line);
  const family = platform === undefined ? os : osFamily(platform);
  if (family.type_id !== 99) [os.type_id, os.type] = [family.type_id, family.type as string];
  const build = text(raw['os_build'], 64) ?? text(raw['build_number'], 64);
  if (build !== undefined) os.build = build;
  if (os.type_id === 100) {
    const [major, minor] = [text(raw['major_version'], 16), text(raw['minor_version'], 16)];
    if (os.version === undefined && major !== undefined)
      os.version = [major, minor ?? '0', build].filter((part) => part !== undefined).join('.');
  } else {
    const kernel = text(raw['kernel_version'], 128);
    if (kernel !== undefined) os.kernel_release = kernel;
  }
  return os;
}

/** `us-east-1b`, `us-west-2-lax-1a`, `us-central1-a`: the name of a zone is its region and a letter. */
const ZONE = /^((?:[a-z]+-){1,3}(?:[a-z]+)?\d+)(?:-[a-z]{3}-\d)?-?[a-f]$/;

function cloudOf(raw: Raw) {
  const instance = text(raw['instance_id'], 256);
  const named = text(raw['service_provider'], 64);
  const provider =
    (named === undefined ? undefined : cloudProvider(named)) ??
    (instance === undefined ? undefined : providerOfInstance(instance));
  const group = text(raw['zone_group'], 256);
  // GCP: projects/<number>/zones/<zone>.
  const project = group === undefined ? undefined : /^projects\/([^/]+)\/zones\//.exec(group)?.[1];
  const location = group?.replace(/^.*\//, '');
  const region = location === undefined ? undefined : ZONE.exec(location)?.[1];
  return {
    cloud: { provider, account: { uid: text(raw['service_provider_account_id'], 256) }, project_uid: project },
    instance,
    region: region ?? location,
    zone: region === undefined ? undefined : location,
  };
}
