import type { Device } from '../host/types.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { jsonLines, present } from './format.js';

const VERSION = '1.8.0';

/**
 * An event of OCSF's class Device Inventory Info for one host: its state when it was last seen. Fields without a place in the
 * schema go to `unmapped`.
 */
export function inventoryInfo(host: HostDoc): object {
  const time = (host.last_seen ?? host.updated_at).getTime();
  return present({
    activity_id: 2,
    activity_name: 'Collect',
    category_uid: 5,
    category_name: 'Discovery',
    class_uid: 5001,
    class_name: 'Device Inventory Info',
    type_uid: 500_102,
    type_name: 'Device Inventory Info: Collect',
    severity_id: 1,
    severity: 'Informational',
    time,
    metadata: present({
      version: VERSION,
      product: { name: 'Rollcall', vendor_name: 'Rollcall' },
      // The same host in the same state has the same id, so that a consumer detects a repeated load.
      uid: `${host._id}.${host.version}.${time}`,
      modified_time: host.updated_at.getTime(),
      profiles: host.cloud ? ['cloud'] : undefined,
    }),
    device: deviceOf(host._id, host.device),
    cloud: host.cloud && present({ ...host.cloud, region: host.device.region, zone: host.device.zone }),
    unmapped: unmappedOf(host),
  });
}

const TIMES = ['created_time', 'first_seen_time', 'last_seen_time', 'modified_time', 'boot_time'] as const;

function deviceOf(id: string, device: Device): object {
  const times = Object.fromEntries(TIMES.map((field) => [field, device[field]?.getTime()]));
  // OCSF's organization requires a name or an id; our records hold only a unit, which goes to `unmapped`.
  const { org: _unit, network_interfaces: interfaces, ...rest } = device;
  return present({ uid: id, ...rest, network_interfaces: interfaces?.filter(isKnown), ...times });
}

/** The schema requires one of these values for each interface. */
const isKnown = ({ ip, mac, name, hostname }: NonNullable<Device['network_interfaces']>[number]) =>
  (ip ?? mac ?? name ?? hostname) !== undefined;

function unmappedOf(host: HostDoc): object {
  return present({
    class: host.class,
    status: host.status,
    external_ips: host.external_ips,
    tags: host.tags,
    software_count: host.software_count,
    vulnerability_count: host.vulnerability_count,
    org_unit: host.device.org?.ou_name,
    retired: host.retired,
    sources: host.sources.map(({ source, record, last_seen, gone }) =>
      present({ source, record, last_seen: last_seen?.getTime(), gone }),
    ),
  });
}

export const ocsf = jsonLines(inventoryInfo);
