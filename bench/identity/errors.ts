import type { HostRecord, Reason } from '../../src/host/types.js';
import type { Collected } from './collect.js';
import type { Resolved } from './model.js';

/** A kind of wrong or missed pair: how many there are, and one to look at. */
export interface Kind {
  what: string;
  pairs: number;
  example: string;
}

export interface Errors {
  wrong: Kind[];
  missed: Kind[];
  wrong_pairs: number;
  missed_pairs: number;
  /** Missed pairs whose fragments share no key at all: no rule on keys could have joined them. */
  missed_without_key: number;
  /** Missed pairs whose fragments share only keys that records of another machine hold too. */
  missed_ambiguous: number;
}

/** Beyond this many records of a host only the first are compared. */
const COMPARED = 200;

/** The most frequent kinds of errors, each named by the pitfall that two records have in common, the vendors and the keys. */
export function errorsOf(collected: Collected, hostOf: Int32Array, resolved: Resolved): Errors {
  const { records, machineOf } = collected;
  const wrong = new Map<string, Kind>();
  const missed = new Map<string, Kind>();
  const owners = ownersOfKeys(records, machineOf);
  const errors: Errors = {
    wrong: [],
    missed: [],
    wrong_pairs: 0,
    missed_pairs: 0,
    missed_without_key: 0,
    missed_ambiguous: 0,
  };
  for (const members of groups(hostOf, machineOf)) {
    for (const [a, b] of pairsOf(members)) {
      if (machineOf[a] === machineOf[b]) continue;
      errors.wrong_pairs++;
      const reasons = resolved.clusters[hostOf[a]!]!.reasons;
      count(
        wrong,
        `${cause(collected, a, b)} | ${kindsOf(sharedKeys(records, [a], [b]))} | by ${levels(reasons, records, a, b)}`,
        records,
        a,
        b,
      );
    }
  }
  for (const members of groups(machineOf, machineOf)) {
    const fragments = fragmentsOf(members, hostOf);
    if (fragments.size < 2) continue;
    for (const [a, b] of pairsOf(members)) {
      if (hostOf[a] === hostOf[b]) continue;
      errors.missed_pairs++;
      const shared = sharedKeys(records, fragments.get(hostOf[a]!)!, fragments.get(hostOf[b]!)!);
      if (shared.length === 0) errors.missed_without_key++;
      else if (shared.every((key) => owners.get(key) === SEVERAL)) errors.missed_ambiguous++;
      count(missed, `${own(collected, a, b)} | ${kindsOf(sharedKeys(records, [a], [b]))}`, records, a, b);
    }
  }
  const order = (kinds: Map<string, Kind>): Kind[] => [...kinds.values()].sort((x, y) => y.pairs - x.pairs);
  return { ...errors, wrong: order(wrong), missed: order(missed) };
}

const SEVERAL = -2;

/** Which machine each key belongs to, or that it is several. */
function ownersOfKeys(records: readonly HostRecord[], machineOf: Int32Array): Map<string, number> {
  const owners = new Map<string, number>();
  for (let at = 0; at < records.length; at++) {
    for (const key of records[at]!.keys) {
      const known = owners.get(key);
      if (known === undefined) owners.set(key, machineOf[at]!);
      else if (known !== machineOf[at]) owners.set(key, SEVERAL);
    }
  }
  return owners;
}

function count(kinds: Map<string, Kind>, what: string, records: readonly HostRecord[], a: number, b: number): void {
  const known = kinds.get(what);
  if (known) known.pairs++;
  else kinds.set(what, { what, pairs: 1, example: `${records[a]!.id} ${records[b]!.id}` });
}

/** Records of each group that has several of them. */
function* groups(groupOf: Int32Array, machineOf: Int32Array): Generator<number[]> {
  const members = new Map<number, number[]>();
  for (let at = 0; at < groupOf.length; at++) {
    if (machineOf[at]! < 0) continue;
    const known = members.get(groupOf[at]!);
    if (known) known.push(at);
    else members.set(groupOf[at]!, [at]);
  }
  for (const group of members.values()) if (group.length > 1) yield group;
}

function* pairsOf(members: readonly number[]): Generator<[number, number]> {
  const compared = Math.min(members.length, COMPARED);
  for (let j = 1; j < compared; j++) for (let i = 0; i < j; i++) yield [members[i]!, members[j]!];
}

function fragmentsOf(members: readonly number[], hostOf: Int32Array): Map<number, number[]> {
  const fragments = new Map<number, number[]>();
  for (const at of members) {
    const known = fragments.get(hostOf[at]!);
    if (known) known.push(at);
    else fragments.set(hostOf[at]!, [at]);
  }
  return fragments;
}

function sharedKeys(records: readonly HostRecord[], a: readonly number[], b: readonly number[]): string[] {
  const left = new Set(a.flatMap((at) => records[at]!.keys));
  return [...new Set(b.flatMap((at) => records[at]!.keys))].filter((key) => left.has(key));
}

function kindsOf(keys: readonly string[]): string {
  const kinds = new Set(keys.map((key) => key.slice(0, key.indexOf(':'))));
  return kinds.size === 0 ? 'no key in common' : `share ${[...kinds].sort().join('+')}`;
}

function levels(reasons: readonly Reason[], records: readonly HostRecord[], a: number, b: number): string {
  const [x, y] = [records[a]!.id, records[b]!.id];
  const direct = reasons.filter(({ records: pair }) => pair.includes(x) && pair.includes(y));
  if (direct.length === 0) return 'others between them';
  return [...new Set(direct.map(({ level }) => level))].sort().join('+');
}

/** What made two machines look like one: the trap that both are in, or one that names the other's slot. */
function cause({ pitfalls, records }: Collected, a: number, b: number): string {
  const [left, right] = [(pitfalls[a] ?? '').split(' '), (pitfalls[b] ?? '').split(' ')];
  const names = left.filter((tag) => tag.includes(':') && right.includes(tag));
  for (const [tags, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const slot = other.find((tag) => tag.startsWith('@'))?.slice(1);
    for (const tag of tags) if (slot !== undefined && tag.endsWith(`>${slot}`)) names.push(tag);
  }
  const found = new Set(names.map((tag) => tag.replace(/[:>].*$/, '')));
  return `${found.size === 0 ? 'chance' : [...found].sort().join('+')} (${sources(records, a, b)})`;
}

/** What hid that two records are one machine: everything that the two records carry and that changes or drops identifiers. */
function own({ pitfalls, records }: Collected, a: number, b: number): string {
  const tags = new Set(
    `${pitfalls[a] ?? ''} ${pitfalls[b] ?? ''}`
      .split(' ')
      .filter((tag) => tag !== '' && !tag.startsWith('@'))
      .map((tag) => tag.replace(/[:>].*$/, ''))
      .filter((tag) => !HARMLESS.has(tag)),
  );
  return `${tags.size === 0 ? 'nothing' : [...tags].sort().join('+')} (${sources(records, a, b)})`;
}

/** Traps that add a shared identifier, or change none. */
const HARMLESS = new Set([
  'vpn-adapter',
  'host-only',
  'docker',
  't2-bridge',
  'same-cidr',
  'late-install',
  'swapped-uuid',
  'shared-mac',
]);

function sources(records: readonly HostRecord[], a: number, b: number): string {
  return [records[a]!.source, records[b]!.source].sort().join(', ');
}
