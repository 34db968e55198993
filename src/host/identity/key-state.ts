import { disjoint, factsOf, kindOf, type Facts, type Kind } from './facts.js';
import type { KeyKind } from './keys.js';
import { surelyTogether } from './active-interval.js';
import { namesAgree, namesDiffer } from './evidence.js';
import type { KeyVerdict } from './resolution.js';
import type { HostRecord } from '../types.js';

export type { KeyFinding, KeyState, KeyVerdict } from './resolution.js';

/**
 * Maximum number of records that may share a key of each kind. Above the limit, the key identifies no machine, and its
 * holders need not be read. Over the years many agents and listings may report the instance id of a machine; few report its
 * name.
 */
export const KEY_LIMITS: Record<KeyKind, number> = {
  cloud: 64,
  agent: 16,
  serial: 16,
  uuid: 16,
  mac: 24,
  fqdn: 16,
  'name-ip': 12,
  name: 12,
};

type Doubt = Exclude<NonNullable<KeyVerdict['why']>, 'holders'>;

/**
 * Differences that prove that two holders of a key, active at the same time, are two machines. A machine has one active
 * agent of each vendor, and agents read the name from the system itself. Clones of a virtual machine have disjoint
 * interfaces, but another tool may see only the dock of a laptop, so different interfaces make a key weak and never
 * suppress it.
 */
const DOUBTS: Record<Kind, readonly Doubt[]> = {
  cloud: [],
  agent: ['cloud', 'serial', 'uuid', 'nics'],
  serial: ['cloud', 'uuid', 'agents', 'nics'],
  uuid: ['cloud', 'serial', 'agents', 'nics'],
  mac: ['cloud', 'serial', 'uuid', 'agents', 'names'],
  fqdn: ['cloud', 'serial', 'uuid', 'agents'],
  'name-ip': ['cloud', 'serial', 'uuid', 'agents'],
  name: ['cloud', 'serial', 'uuid', 'agents'],
};

/**
 * Number of machines that suppress a key if they have it at the same time. Two machines make the key weak: one of them may
 * be a clone, or they may share an adapter.
 */
const MACHINES_TO_SUPPRESS = 3;

/** A verdict without the holders, which change more often than the state. */
export const knownState = ({ state, why }: Pick<KeyVerdict, 'state' | 'why'>): Pick<KeyVerdict, 'state' | 'why'> =>
  why === undefined ? { state } : { state, why };

export const limitOf = (key: string): number => KEY_LIMITS[kindOf(key)];

/**
 * Computes the state of a key: a pure function of the key and all its holders, in any order. It reads only the holders' own
 * fields, never the states of other keys, so a changed record can change only the states of its own keys, old and new.
 */
export function keyState(key: string, holders: readonly HostRecord[]): KeyVerdict {
  if (holders.length > limitOf(key)) return { state: 'suppressed', holders: holders.length, why: 'holders' };
  return verdict(key, holders.map(factsOf)) ?? { state: 'ok', holders: holders.length };
}

/** Like `keyState`, but `undefined` for a good key. */
export function verdict(key: string, holders: readonly Facts[]): KeyVerdict | undefined {
  const count = holders.length;
  if (count < 2) return undefined;
  const kind = kindOf(key);
  if (count > KEY_LIMITS[kind]) return { state: 'suppressed', holders: count, why: 'holders' };
  const doubts = DOUBTS[kind];
  if (doubts.length === 0 || !anyDoubt(kind, doubts, holders)) return undefined;
  const sorted = [...holders].sort((a, b) => (a.record.id < b.record.id ? -1 : 1));
  return judge(kind, doubts, sorted);
}

/** A fast check. Most keys raise no doubt, so their holders need not be sorted. */
function anyDoubt(kind: Kind, doubts: readonly Doubt[], holders: readonly Facts[]): boolean {
  for (let j = 1; j < holders.length; j++)
    for (let i = 0; i < j; i++) if (doubtBetween(kind, doubts, holders[i]!, holders[j]!)) return true;
  return false;
}

/** Searches for records that are all different machines: each pair differs and was active at the same time. */
function judge(kind: Kind, doubts: readonly Doubt[], holders: readonly Facts[]): KeyVerdict {
  const firm = doubts.filter((doubt) => doubt !== 'nics');
  let first: KeyVerdict | undefined;
  for (let j = 1; j < holders.length; j++) {
    for (let i = 0; i < j; i++) {
      const why = doubtBetween(kind, doubts, holders[i]!, holders[j]!);
      if (!why) continue;
      const apart = [holders[i]!, holders[j]!];
      first ??= { state: 'weak', holders: holders.length, why, records: idsOf(apart) };
      if (why === 'nics' && !doubtBetween(kind, firm, apart[0]!, apart[1]!)) continue;
      for (const other of holders)
        if (!apart.includes(other) && apart.every((one) => doubtBetween(kind, firm, one, other))) apart.push(other);
      if (apart.length >= MACHINES_TO_SUPPRESS)
        return { state: 'suppressed', holders: holders.length, why, records: idsOf(apart) };
    }
  }
  return first ?? { state: 'weak', holders: holders.length };
}

const idsOf = (facts: readonly Facts[]): string[] => facts.map(({ record }) => record.id).sort();

function doubtBetween(kind: Kind, doubts: readonly Doubt[], a: Facts, b: Facts): Doubt | undefined {
  if (!surelyTogether(a, b)) return undefined;
  for (const doubt of doubts) if (TESTS[doubt](a, b, kind)) return doubt;
  return undefined;
}

const TESTS: Record<Doubt, (a: Facts, b: Facts, kind: Kind) => boolean> = {
  cloud: (a, b) => disjoint(a.cloud, b.cloud),
  serial: (a, b) => disjoint(a.serial, b.serial),
  uuid: (a, b) => disjoint(a.uuid, b.uuid),
  agents: (a, b, kind) => {
    if (!a.agent || !b.agent || a.record.vendor !== b.record.vendor) return false;
    // For a name key the names cannot differ: two agents with the same name are two machines.
    if (kind === 'name' || kind === 'fqdn' || kind === 'name-ip') return true;
    return namesDiffer(a, b) || (kind !== 'mac' && disjoint(a.mac, b.mac));
  },
  names: (a, b) => a.agent && b.agent && namesDiffer(a, b),
  nics: (a, b) => disjoint(a.mac, b.mac) && !namesAgree(a, b),
};
