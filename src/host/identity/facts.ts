import { APPLIANCES } from '../canonical/deny-lists/appliances.js';
import { MAKERS } from '../canonical/deny-lists/manufacturers.js';
import { privateIps } from '../canonical/ip.js';
import { activeIntervalOf, type ActiveInterval } from './active-interval.js';
import type { HostRecord, Os } from '../types.js';

/** What resolution compares of a record, drawn from it once. */
export interface Facts extends ActiveInterval {
  record: HostRecord;
  /** Its vendor's own agent tells it: one on a machine. */
  agent: boolean;
  /** Keys, by what they are evidence of. */
  cloud: readonly string[];
  serial: readonly string[];
  uuid: readonly string[];
  mac: readonly string[];
  fqdn: readonly string[];
  /** Specific short names. */
  names: readonly string[];
  ips: readonly string[];
  /** OCSF family; 99 for appliances, 0 where it is not known or none that could be compared. */
  os: number;
  maker: string | undefined;
}

const NONE: readonly string[] = [];
const MOST_ADDRESSES = 8;

export function factsOf(record: HostRecord): Facts {
  const { device } = record.observation;
  const { from, to } = activeIntervalOf(device);
  const held: Record<Held, string[] | undefined> = {
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
      if (key.startsWith('name::')) (held.name ??= []).push(key.slice(6));
    } else (held[kind] ??= []).push(key);
  }
  return {
    record,
    agent: isAgent(record),
    from,
    to,
    cloud: held.cloud ?? NONE,
    serial: held.serial ?? NONE,
    uuid: held.uuid ?? NONE,
    mac: held.mac ?? NONE,
    fqdn: held.fqdn ?? NONE,
    names: held.name ?? NONE,
    ips: privateIps(device, MOST_ADDRESSES),
    os: device.os === undefined ? 0 : familyOf(device.os),
    maker: device.vendor_name === undefined ? undefined : makerOf(device.vendor_name),
  };
}

type Held = 'cloud' | 'serial' | 'uuid' | 'mac' | 'fqdn' | 'name';
export type Kind = Held | 'agent' | 'name-ip';

/** The kind of a key, told by its first letters: asked for every key of every record. */
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

/** Whether a key joins records also where too many hang together by names and interfaces. */
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

const known = new Map<string, string | undefined>();
const KNOWN_LIMIT = 2_000;

function makerOf(name: string): string | undefined {
  let maker = known.get(name);
  if (maker === undefined && !known.has(name)) {
    const folded = name.toLowerCase();
    maker = MAKERS.find(([pattern]) => pattern.test(folded))?.[1];
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(name, maker);
  }
  return maker;
}

export function disjoint(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return false;
  for (const value of a) if (b.includes(value)) return false;
  return true;
}
