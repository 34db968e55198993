import type { Device, HardwareInfo, HostObservation } from '../types.js';

/** How one field's value is chosen among the records that have one. `choose.ts` applies the rule. */
export interface Rule {
  /**
   * Vendors in order of preference. Without an order, the most recent observation supplies the value; of equally recent
   * ones, the one with the smaller record id. A record that its source no longer lists supplies a value only if no listed
   * record has one.
   */
  order?: readonly string[];
  /** The order applies at any age of the observation, because these values never change on a machine. */
  lasting?: true;
}

/** An observation that is older than the freshest one by more than this loses its rank in a rule's order. */
export const STALE_AFTER_MS = 30 * 86_400_000;

const RECENT: Rule = {};
/** Sensors read the firmware directly; scanners report only values that are visible on the network. */
const SENSOR_LASTING: Rule = { order: ['crowdstrike', 'qualys'], lasting: true };
/** A sensor reads these values on the machine; a scanner may have them only from reverse DNS or a banner. */
const SENSOR_FIRST: Rule = { order: ['crowdstrike', 'qualys'] };
/** Qualys reads these values from the cloud's own API, through its connector. */
const CONNECTOR_LASTING: Rule = { order: ['qualys', 'crowdstrike'], lasting: true };

/** Survivorship rules of `device`, in stored order. All other fields are lists, times over all records, or objects with their own rules. */
export const DEVICE_RULES = {
  type_id: SENSOR_FIRST,
  name: SENSOR_FIRST,
  hostname: SENSOR_FIRST,
  domain: SENSOR_FIRST,
  ip: RECENT,
  mac: RECENT,
  os: RECENT,
  vendor_name: RECENT,
  model: RECENT,
  instance_uid: CONNECTOR_LASTING,
  image: CONNECTOR_LASTING,
  region: CONNECTOR_LASTING,
  zone: CONNECTOR_LASTING,
  vpc_uid: CONNECTOR_LASTING,
  subnet_uid: CONNECTOR_LASTING,
  org: RECENT,
  owner: RECENT,
  is_managed: RECENT,
} as const satisfies Partial<Record<keyof Device, Rule>>;

/** `device.hw_info`. */
export const HARDWARE_RULES = {
  bios_date: RECENT,
  bios_manufacturer: RECENT,
  bios_ver: RECENT,
  chassis: RECENT,
  cpu_count: RECENT,
  cpu_type: RECENT,
  ram_size: RECENT,
  serial_number: SENSOR_LASTING,
  uuid: SENSOR_LASTING,
} as const satisfies Record<keyof HardwareInfo, Rule>;

/**
 * Fields outside `device`. `status` is the vendor's text. The sensor's status comes first, because containment is more
 * important than the state of a licence.
 */
export const HOST_RULES = {
  cloud: CONNECTOR_LASTING,
  software_count: RECENT,
  vulnerability_count: RECENT,
  status: SENSOR_FIRST,
} as const satisfies Partial<Record<keyof HostObservation, Rule>>;

type Ruled = keyof typeof DEVICE_RULES;
type Lists = 'network_interfaces' | 'agent_list' | 'groups';
type OverAll = 'created_time' | 'first_seen_time' | 'last_seen_time' | 'modified_time' | 'boot_time';
type None<T extends never> = T;
/** Does not compile when a field of `Device` has no survivorship rule. `type` is chosen together with `type_id`. */
export type RulelessField = None<Exclude<keyof Device, Ruled | Lists | OverAll | 'hw_info' | 'type'>>;
/** The same for the fields outside `device`. `external_ips` and `tags` are united. */
export type RulelessHostField = None<
  Exclude<keyof HostObservation, keyof typeof HOST_RULES | 'device' | 'class' | 'external_ips' | 'tags'>
>;
