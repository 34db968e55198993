import { APPLIANCES } from '../canonical/deny-lists/appliances.js';
import { MANUFACTURERS } from './manufacturers.js';
import { privateIps } from '../canonical/ip.js';
import { activeIntervalOf, type ActiveInterval } from './active-interval.js';
import type { HostRecord, Os } from '../types.js';

/** The values of a record that resolution compares, computed once. */
export interface Facts extends ActiveInterval {
  record: HostRecord;
  /** The vendor's own agent reports the record. A machine has one agent of each vendor. */
  agent: boolean;
  /** Keys, by kind. */
  cloud: readonly string[];
  serial: readonly string[];
  uuid: readonly string[];
  mac: readonly string[];
  fqdn: readonly string[];
  /** Specific short names. */
  names: readonly string[];
  ips: readonly string[];
  /** OCSF family; 99 for appliances, 0 if the family is unknown or not comparable. */
  os: number;
  manufacturer: string | undefined;
}

const NONE: readonly string[] = [];
const MOST_ADDRESSES = 8;

export function factsOf(record: HostRecord): Facts {
  const { device } = record.observation;
  const { from, to } = activeIntervalOf(device);
  const keys: Record<ListedKind, string[] | undefined> = {
    cloud: undefined,
    serial: undefined,
    uuid: undefined,
    mac: undefined,
    fqdn: undefined,
    name: undefined,
  };
  for (const key of record.keys) {
    const kind = kindOf(key);
    if (kind === 'agent' || kind === 'name-ip') continue;
    if (kind === 'name') {
      if (key.startsWith('name::')) (keys.name ??= []).push(key.slice(6));
    } else (keys[kind] ??= []).push(key);
  }
  return {
    record,
    agent: isAgent(record),
    from,
    to,
    cloud: keys.cloud ?? NONE,
    serial: keys.serial ?? NONE,
    uuid: keys.uuid ?? NONE,
    mac: keys.mac ?? NONE,
    fqdn: keys.fqdn ?? NONE,
    names: keys.name ?? NONE,
    ips: privateIps(device, MOST_ADDRESSES),
    os: device.os === undefined ? 0 : familyOf(device.os),
    manufacturer: device.vendor_name === undefined ? undefined : manufacturerOf(device.vendor_name),
  };
}

type ListedKind = 'cloud' | 'serial' | 'uuid' | 'mac' | 'fqdn' | 'name';
export type Kind = ListedKind | 'agent' | 'name-ip';

/** The kind of a key. Compares only its first letters, because the function runs for every key of every record. */
export function kindOf(key: string): Kind {
  switch (key.charCodeAt(0)) {
    case 0x61:
      return 'agent';
    case 0x63:
      return 'cloud';
    case 0x66:
      return 'fqdn';
    case 0x6d:
      return 'mac';
    case 0x73:
      return 'serial';
    case 0x75:
      return 'uuid';
    default:
      return key.charCodeAt(4) === 0x2d ? 'name-ip' : 'name';
  }
}

const STRONG: ReadonlySet<Kind> = new Set(['cloud', 'agent', 'serial', 'uuid']);

/** Whether a key also joins records of a component that is too large. */
export const isStrong = (key: string): boolean => STRONG.has(kindOf(key));

function isAgent({ vendor, observation }: HostRecord): boolean {
  const { agent_list: agents } = observation.device;
  if (agents === undefined) return false;
  for (const { vendor_name: name } of agents) if (name.toLowerCase() === vendor) return true;
  return false;
}

function familyOf({ type_id: family, name }: Os): number {
  return family === 99 && !APPLIANCES.test(name) ? 0 : family;
}

const cache = new Map<string, string | undefined>();
const CACHE_LIMIT = 2_000;

function manufacturerOf(name: string): string | undefined {
  let manufacturer = cache.get(name);
  if (manufacturer === undefined && !cache.has(name)) {
    const folded = name.toLowerCase();
    manufacturer = MANUFACTURERS.find(([pattern]) => pattern.test(folded))?.[1];
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(name, manufacturer);
  }
  return manufacturer;
}

export function disjoint(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return false;
  for (const value of a) if (b.includes(value)) return false;
  return true;
}
