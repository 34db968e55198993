import type { Agent, Device, HardwareInfo, HostObservation, NetworkInterface, Os } from './types.js';

/** The same shape in which every value may be `undefined`: the input of `observation()`. */
type Draft<T> = { [K in keyof T]?: T[K] | undefined };

type Nested = 'network_interfaces' | 'agent_list' | 'groups' | 'hw_info' | 'image' | 'org' | 'owner';

export interface DeviceDraft extends Draft<Omit<Device, Nested>> {
  network_interfaces?: Draft<NetworkInterface>[] | undefined;
  agent_list?: (Draft<Agent> & Pick<Agent, 'name' | 'type_id' | 'vendor_name'>)[] | undefined;
  groups?: Draft<Group>[] | undefined;
  hw_info?: Draft<HardwareInfo> | undefined;
  image?: { uid: string | undefined };
  org?: { ou_name: string | undefined };
  owner?: { name: string | undefined };
}

type Group = NonNullable<Device['groups']>[number];

export interface ObservationDraft {
  class: HostObservation['class'];
  device: DeviceDraft;
  cloud?: { provider: string | undefined; account?: { uid: string | undefined }; project_uid?: string | undefined };
  external_ips?: string[];
  tags?: string[];
  software_count?: number | undefined;
  vulnerability_count?: number | undefined;
  status?: string | undefined;
}

/** Longer lists are a defect or an attack; the raw page keeps the entries beyond the limit. */
const LIST_LIMIT = 512;

/**
 * The only constructor of observations. It drops absent values and empty objects, and makes lists sorted and distinct where
 * order has no meaning, and fields in one order, so that equal content has one JSON text, independently of the order in which the
 * vendor sends it.
 */
export function observation(draft: ObservationDraft): HostObservation {
  const { cloud } = draft;
  const observed: HostObservation = {
    class: draft.class,
    device: deviceOf(draft.device),
    external_ips: strings(draft.external_ips),
    tags: strings(draft.tags),
  };
  if (cloud?.provider !== undefined) {
    observed.cloud = { provider: cloud.provider };
    if (cloud.account?.uid !== undefined) observed.cloud.account = { uid: cloud.account.uid };
    if (cloud.project_uid !== undefined) observed.cloud.project_uid = cloud.project_uid;
  }
  if (draft.software_count !== undefined) observed.software_count = draft.software_count;
  if (draft.vulnerability_count !== undefined) observed.vulnerability_count = draft.vulnerability_count;
  if (draft.status !== undefined) observed.status = draft.status;
  return observed;
}

// Field by field instead of in a loop: V8 turns an object with more than a dozen computed keys into a dictionary, which makes
// reading, hashing, copying and storing it several times slower.
function deviceOf(d: DeviceDraft): Device {
  const device: Device = { type_id: d.type_id ?? 0 };
  if (d.type !== undefined) device.type = d.type;
  if (d.name !== undefined) device.name = d.name;
  if (d.hostname !== undefined) device.hostname = d.hostname;
  if (d.domain !== undefined) device.domain = d.domain;
  if (d.ip !== undefined) device.ip = d.ip;
  if (d.mac !== undefined) device.mac = d.mac;
  const interfaces = distinct(d.network_interfaces, networkInterface, interfaceText);
  if (interfaces) device.network_interfaces = interfaces;
  const os = d.os && system(d.os);
  if (os) device.os = os;
  const hw = d.hw_info && hardware(d.hw_info);
  if (hw) device.hw_info = hw;
  if (d.vendor_name !== undefined) device.vendor_name = d.vendor_name;
  if (d.model !== undefined) device.model = d.model;
  const agents = distinct(d.agent_list, agent, agentText);
  if (agents) device.agent_list = agents;
  if (d.instance_uid !== undefined) device.instance_uid = d.instance_uid;
  if (d.image?.uid !== undefined) device.image = { uid: d.image.uid };
  if (d.region !== undefined) device.region = d.region;
  if (d.zone !== undefined) device.zone = d.zone;
  if (d.vpc_uid !== undefined) device.vpc_uid = d.vpc_uid;
  if (d.subnet_uid !== undefined) device.subnet_uid = d.subnet_uid;
  if (d.org?.ou_name !== undefined) device.org = { ou_name: d.org.ou_name };
  if (d.owner?.name !== undefined) device.owner = { name: d.owner.name };
  const groups = distinct(d.groups, group, groupText);
  if (groups) device.groups = groups;
  if (d.is_managed !== undefined) device.is_managed = d.is_managed;
  if (d.created_time !== undefined) device.created_time = d.created_time;
  if (d.first_seen_time !== undefined) device.first_seen_time = d.first_seen_time;
  if (d.last_seen_time !== undefined) device.last_seen_time = d.last_seen_time;
  if (d.modified_time !== undefined) device.modified_time = d.modified_time;
  if (d.boot_time !== undefined) device.boot_time = d.boot_time;
  return device;
}

/**
 * A text that is equal for equal entries only. Canonical text contains no control characters, so `\n` is a safe separator.
 */
export function interfaceText({ mac = '', ip = '', name = '', hostname = '' }: Draft<NetworkInterface>): string {
  return `${mac}\n${ip}\n${name}\n${hostname}`;
}

export function agentText(agent: Draft<Agent>): string {
  const { type_id = 0, type = '', name = '', vendor_name = '', uid = '', version = '' } = agent;
  return `${vendor_name}\n${type_id}\n${type}\n${name}\n${uid}\n${version}`;
}

export function groupText({ uid = '', name = '' }: Draft<Group>): string {
  return `${uid}\n${name}`;
}

/** Sorted and distinct texts. */
export function strings(list: readonly string[] | undefined, limit = LIST_LIMIT): string[] {
  if (!list || list.length === 0) return [];
  if (list.length === 1) return [list[0] as string];
  return [...new Set(list)].sort().slice(0, limit);
}

function distinct<T extends object>(
  list: readonly Draft<T>[] | undefined,
  compact: (entry: Draft<T>) => T | undefined,
  textOf: (entry: T) => string,
): T[] | undefined {
  if (!list || list.length === 0) return undefined;
  if (list.length === 1) {
    const only = compact(list[0]!);
    return only && [only];
  }
  const entries = new Map<string, T>();
  for (const entry of list) {
    const kept = compact(entry);
    if (kept) entries.set(textOf(kept), kept);
  }
  if (entries.size === 0) return undefined;
  const texts = [...entries.keys()].sort();
  return texts.slice(0, LIST_LIMIT).map((text) => entries.get(text)!);
}

/**
 * Returns a function that copies an object without absent values, with its fields in the order of `fields`. The function returns
 * `undefined` if all values are absent. A field that is missing in `fields` does not compile.
 */
function compactor<T extends object>(fields: Record<keyof T, true>): (value: Draft<T>) => T | undefined {
  const names = Object.keys(fields) as (keyof T)[];
  return (value) => {
    const kept: Partial<T> = {};
    let any = false;
    for (const name of names) {
      if (value[name] === undefined) continue;
      kept[name] = value[name] as T[keyof T];
      any = true;
    }
    return any ? (kept as T) : undefined;
  };
}

const system = compactor<Os>({
  name: true,
  type_id: true,
  type: true,
  version: true,
  build: true,
  edition: true,
  kernel_release: true,
});
const hardware = compactor<HardwareInfo>({
  bios_date: true,
  bios_manufacturer: true,
  bios_ver: true,
  chassis: true,
  cpu_count: true,
  cpu_type: true,
  ram_size: true,
  serial_number: true,
  uuid: true,
});
const networkInterface = compactor<NetworkInterface>({ name: true, hostname: true, ip: true, mac: true });
const agent = compactor<Agent>({
  type_id: true,
  type: true,
  name: true,
  vendor_name: true,
  uid: true,
  version: true,
});
const group = compactor<Group>({ uid: true, name: true });
