import { hash } from 'node:crypto';
import { activeIntervalOf } from './identity/active-interval.js';
import { agentText, groupText, interfaceText } from './observation.js';
import type { Device, HardwareInfo, HostObservation, Os, VOLATILE_DEVICE_FIELDS } from './types.js';

/**
 * Digest of everything that resolution reads of a record: keys, active interval, class, system, manufacturer, model,
 * addresses, user, and whether its vendor's own agent reports it. `resolve` treats records with equal digests in the same
 * way.
 */
export function identityDigest(vendor: string, observation: HostObservation, keys: readonly string[]): string {
  const { device: d, external_ips: external } = observation;
  const { from, to } = activeIntervalOf(d);
  const read = [
    ...keys,
    '',
    vendor,
    observation.class,
    from,
    to,
    d.type_id,
    d.os?.type_id,
    d.os?.name,
    d.vendor_name,
    d.model,
    d.owner?.name,
    d.ip,
    ...(d.network_interfaces ?? []).map(({ ip }) => ip),
    '',
    ...external,
    '',
    ...(d.agent_list ?? []).map(({ vendor_name: name }) => name),
  ];
  return hash('sha256', read.join('\n'), 'base64url').slice(0, LENGTH);
}

/** Number of characters; they contain 132 bits of SHA-256. */
const LENGTH = 22;

/**
 * Digest of a record's content, by which changes are detected: independent of the order of fields and lists, and without volatile
 * times. It includes `keys`, so it also changes when the rules that derive keys change.
 */
export function contentHash(observation: HostObservation, keys?: readonly string[]): string {
  const { device: d, cloud } = observation;
  const canonical = [
    observation.class,
    d.type_id,
    d.type,
    d.name,
    d.hostname,
    d.domain,
    d.ip,
    d.mac,
    d.os && os(d.os),
    d.hw_info && hardware(d.hw_info),
    d.vendor_name,
    d.model,
    d.instance_uid,
    d.image?.uid,
    d.region,
    d.zone,
    d.vpc_uid,
    d.subnet_uid,
    d.org && [d.org.ou_name],
    d.owner?.name,
    d.is_managed,
    d.created_time?.getTime(),
    d.first_seen_time?.getTime(),
    d.network_interfaces && sorted(d.network_interfaces.map(interfaceText)),
    d.agent_list && sorted(d.agent_list.map(agentText)),
    d.groups && sorted(d.groups.map(groupText)),
    cloud && [cloud.provider, cloud.account?.uid, cloud.project_uid],
    sorted(observation.external_ips),
    sorted(observation.tags),
    observation.software_count,
    observation.vulnerability_count,
    observation.status,
    keys && sorted(keys),
  ];
  return hash('sha256', JSON.stringify(canonical), 'base64url').slice(0, LENGTH);
}

function os(o: Os): unknown[] {
  return [o.name, o.type_id, o.type, o.version, o.build, o.edition, o.kernel_release];
}

function hardware(h: HardwareInfo): unknown[] {
  return [
    h.bios_date,
    h.bios_manufacturer,
    h.bios_ver,
    h.chassis,
    h.cpu_count,
    h.cpu_type,
    h.ram_size,
    h.serial_number,
    h.uuid,
  ];
}

/** Sorts a list only if needed: `observation()` has usually sorted it already. */
function sorted(list: readonly string[]): readonly string[] {
  for (let at = 1; at < list.length; at++) {
    if ((list[at] as string) < (list[at - 1] as string)) return [...list].sort();
  }
  return list;
}

type Hashed =
  | 'type_id'
  | 'type'
  | 'name'
  | 'hostname'
  | 'domain'
  | 'ip'
  | 'mac'
  | 'os'
  | 'hw_info'
  | 'vendor_name'
  | 'model'
  | 'instance_uid'
  | 'image'
  | 'region'
  | 'zone'
  | 'vpc_uid'
  | 'subnet_uid'
  | 'org'
  | 'owner'
  | 'is_managed'
  | 'created_time'
  | 'first_seen_time'
  | 'network_interfaces'
  | 'agent_list'
  | 'groups';
type None<T extends never> = T;
/** Does not compile when a field of `Device` is neither hashed nor volatile. */
export type UnhashedField = None<Exclude<keyof Device, Hashed | (typeof VOLATILE_DEVICE_FIELDS)[number]>>;
