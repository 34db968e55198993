import { isGenericName, sameName, shortName } from './hostname.js';
import type { HostObservation, HostRecord, Refusal } from './types.js';

/** Records that are one machine so far, with what they claim together. `records` are places in their component. */
export interface Cluster {
  records: number[];
  class: HostObservation['class'];
  cloud: string[];
  serial: string[];
  uuid: string[];
  mac: string[];
  names: string[];
}

/** A round of joining; a later one only sees what the earlier ones left. */
export type Round = 'cloud' | 'hardware' | 'mac';

/** The round in which a key joins, by its kind. */
export function roundOf(key: string): Round {
  const kind = key.charCodeAt(0);
  if (kind === CLOUD) return 'cloud';
  return kind === MAC ? 'mac' : 'hardware';
}

const CLOUD = 0x63;
const MAC = 0x6d;
const SERIAL = 0x73;
const UUID = 0x75;

/** A cluster of one record; `ignored` keys count neither for nor against a join. */
export function clusterOf(record: HostRecord, place: number, ignored: ReadonlySet<string>): Cluster {
  const cluster: Cluster = {
    records: [place],
    class: record.observation.class,
    cloud: [],
    serial: [],
    uuid: [],
    mac: [],
    names: namesOf(record),
  };
  for (const key of record.keys) {
    if (ignored.size > 0 && ignored.has(key)) continue;
    switch (key.charCodeAt(0)) {
      case CLOUD:
        cluster.cloud.push(key);
        break;
      case MAC:
        cluster.mac.push(key);
        break;
      case SERIAL:
        cluster.serial.push(key);
        break;
      case UUID:
        cluster.uuid.push(key);
        break;
      default:
        break; // agents' ids differ between vendors by nature: never evidence against
    }
  }
  return cluster;
}

/** The short names of a record; one that says little (`macbook-air`) also together with the address it goes with. */
export function namesOf({ observation: { device } }: HostRecord): string[] {
  const names: string[] = [];
  if (device.hostname !== undefined) names.push(shortName(device.hostname));
  if (device.name !== undefined && !device.name.includes(' ')) {
    const name = shortName(device.name.toLowerCase());
    if (name !== names[0] && !/^\d+$/.test(name)) names.push(name);
  }
  if (device.ip === undefined) return names;
  return names.concat(names.filter(isGenericName).map((name) => `${name} at ${device.ip}`));
}

/** Whether some name of each is one specific name. */
export function namesAgree(a: readonly string[], b: readonly string[]): boolean {
  for (const left of a) for (const right of b) if (sameName(left, right)) return true;
  return false;
}

/**
 * What forbids two clusters to be one machine, if anything. The same cloud instance settles everything but the class: a
 * second sensor on one instance may report another serial (seen in Falcon records). Time is no part of it yet: what only
 * tells time does not cause a merge, so a rule on it would depend on when merges happen to run.
 */
export function conflict(
  a: Cluster,
  b: Cluster,
  round: Round,
): { rule: Refusal['rule']; against: string[] } | undefined {
  if (a.class !== b.class) return { rule: 'class', against: [] };
  if (round === 'cloud') return undefined;
  if (disjoint(a.cloud, b.cloud)) return { rule: 'cloud', against: [...a.cloud, ...b.cloud].sort() };
  if (disjoint(a.serial, b.serial)) return { rule: 'serial', against: [...a.serial, ...b.serial].sort() };
  if (disjoint(a.uuid, b.uuid)) return { rule: 'uuid', against: [...a.uuid, ...b.uuid].sort() };
  // Virtual machines cloned at the storage level keep UUID, serial and agent id.
  if (round === 'hardware' && disjoint(a.mac, b.mac) && disjoint(a.names, b.names) && !namesAgree(a.names, b.names)) {
    return { rule: 'clone', against: [...a.mac, ...b.mac].sort() };
  }
  return undefined;
}

/** Moves what `from` claims, and its records, into `into`. */
export function absorb(into: Cluster, from: Cluster): void {
  into.records.push(...from.records);
  for (const field of ['cloud', 'serial', 'uuid', 'mac', 'names'] as const) {
    for (const value of from[field]) if (!into[field].includes(value)) into[field].push(value);
  }
}

/** Both know some, and none in common. */
function disjoint(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return false;
  for (const value of a) if (b.includes(value)) return false;
  return true;
}
