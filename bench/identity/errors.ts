import type { Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';
import { Explanation, hidingPitfalls, list, sharedKeys, sharedPitfalls } from './explain.js';
import type { Collected } from './collect.js';

/** A kind of wrong or missed pair, with its count and an example. */
export interface Kind {
  what: string;
  pairs: number;
  example: string;
}

export interface Errors {
  wrong_pairs: number;
  missed_pairs: number;
  /** Missed pairs whose fragments share no key at all: no rule on keys can join them. */
  without_key: number;
  /** Missed pairs whose fragments share only keys that records of another machine have too. */
  ambiguous: number;
  wrong: Kind[];
  missed: Kind[];
  /** Pitfalls among the missed pairs. A pair counts once for each of its pitfalls. */
  carried: Kind[];
}

/** At most this many records of one host or machine are compared. */
const COMPARED = 200;
const SEVERAL = -2;

/** The kinds of errors, most frequent first, named by pitfall, vendors, keys and the model's explanation. */
export function errorsOf(collected: Collected, hostOf: Int32Array, resolution: Resolution): Errors {
  const { records, machineOf } = collected;
  const explanation = new Explanation(collected, hostOf, resolution);
  const [wrong, missed, carried] = [new Tally(records), new Tally(records), new Tally(records)];
  const vendors = (a: number, b: number): string => [records[a]!.source, records[b]!.source].sort().join(', ');
  let [wrong_pairs, missed_pairs, without_key, ambiguous] = [0, 0, 0, 0];

  for (const members of groupsOf(hostOf, machineOf)) {
    for (const [a, b] of pairsOf(members)) {
      if (machineOf[a] === machineOf[b]) continue;
      wrong_pairs++;
      const why = list(sharedPitfalls(collected, a, b)) || 'chance';
      const keys = explanation.kinds(sharedKeys(records, [a], [b]));
      wrong.add(`${why} (${vendors(a, b)}) | ${keys} | ${explanation.joined(a, b)}`, a, b);
    }
  }
  const owners = ownersOfKeys(records, machineOf);
  for (const members of groupsOf(machineOf, machineOf)) {
    const fragments = fragmentsOf(members, hostOf);
    if (fragments.size < 2) continue;
    for (const [a, b] of pairsOf(members)) {
      if (hostOf[a] === hostOf[b]) continue;
      missed_pairs++;
      const bridges = sharedKeys(records, fragments.get(hostOf[a]!)!, fragments.get(hostOf[b]!)!);
      if (bridges.length === 0) without_key++;
      else if (bridges.every((key) => owners.get(key) === SEVERAL)) ambiguous++;
      const hiding = hidingPitfalls(collected, a, b);
      for (const pitfall of hiding) carried.add(pitfall, a, b);
      const keys = explanation.kinds(sharedKeys(records, [a], [b]));
      missed.add(`${list(hiding) || 'nothing'} (${vendors(a, b)}) | ${keys} | ${explanation.forbidden(a, b)}`, a, b);
    }
  }
  const kinds = { wrong: wrong.kinds(), missed: missed.kinds(), carried: carried.kinds() };
  return { wrong_pairs, missed_pairs, without_key, ambiguous, ...kinds };
}

class Tally {
  private readonly found = new Map<string, Kind>();
  constructor(private readonly records: readonly HostRecord[]) {}

  add(what: string, a: number, b: number): void {
    const known = this.found.get(what);
    if (known) known.pairs++;
    else this.found.set(what, { what, pairs: 1, example: `${this.records[a]!.id} ${this.records[b]!.id}` });
  }

  kinds(): Kind[] {
    return [...this.found.values()].sort((x, y) => y.pairs - x.pairs || (x.what < y.what ? -1 : 1));
  }
}

/** The machine of each key, or `SEVERAL`. */
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

/** The records of each group that has more than one, without records that are not in the truth. */
function* groupsOf(groupOf: Int32Array, machineOf: Int32Array): Generator<number[]> {
  const members = new Map<number, number[]>();
  for (let at = 0; at < groupOf.length; at++) {
    if (machineOf[at]! < 0) continue;
    const known = members.get(groupOf[at]!);
    if (known) known.push(at);
    else members.set(groupOf[at]!, [at]);
  }
  for (const group of members.values()) if (group.length > 1) yield group;
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

function* pairsOf(members: readonly number[]): Generator<[number, number]> {
  const compared = Math.min(members.length, COMPARED);
  for (let j = 1; j < compared; j++) for (let i = 0; i < j; i++) yield [members[i]!, members[j]!];
}
