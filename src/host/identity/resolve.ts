import { resolveComponent, type SharedKey } from './component.js';
import { components, sharedKeys } from './components.js';
import { decided, place, UNDECIDED } from './decisions.js';
import { factsOf, isStrong, type Facts } from './facts.js';
import { verdict } from './key-state.js';
import type { Decisions, KeyVerdict, Resolution } from './resolution.js';
import type { HostRecord } from '../types.js';

export { KEY_LIMITS, keyState } from './key-state.js';
export type {
  Decision,
  Decisions,
  KeyVerdict,
  Level,
  Reason,
  Refusal,
  Resolution,
  ResolvedHost,
} from './resolution.js';

/** A component of more records than this is resolved by cloud, agent, serial and UUID keys alone, and its hosts say so. */
export const COMPONENT_CAP = 2_000;

export interface Resolving {
  cap?: number;
  /** Records whose component is known to be larger than the cap, although not all of it is given: see `store/large.ts`. */
  oversized?: ReadonlySet<string>;
}

/**
 * Which records are one machine: a pure function of the set of records, their keys' states and the decisions, in any order.
 * Keys that `states` does not hold are as good as any. Components do not see each other: what comes of a record is the same
 * whether its component is resolved alone or with the whole inventory.
 */
export function resolve(
  records: readonly HostRecord[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions = [],
  resolving: Resolving = {},
): Resolution {
  const shared = sharedKeys(records).filter(({ key }) => states.get(key)?.state !== 'cut');
  return resolveShared(records.map(factsOf), shared, states, decisions, resolving);
}

/** The whole inventory at once, with the keys' states as its records tell them: for bootstrap, audit and comparisons. */
export function resolveAll(
  records: readonly HostRecord[],
  decisions: Decisions = [],
  resolving: Resolving = {},
): Resolution {
  const shared = sharedKeys(records);
  const facts = records.map(factsOf);
  const states = judged(shared, facts);
  const usable = states.size === 0 ? shared : shared.filter(({ key }) => states.get(key)?.state !== 'cut');
  return resolveShared(facts, usable, states, decisions, resolving);
}

/** The states of the keys that are weak or cut, given all their holders. */
export function keyStates(records: readonly HostRecord[]): Map<string, KeyVerdict> {
  return judged(sharedKeys(records), records.map(factsOf));
}

function judged(shared: readonly SharedKey[], facts: readonly Facts[]): Map<string, KeyVerdict> {
  const states = new Map<string, KeyVerdict>();
  for (const { key, holders } of shared) {
    const found = verdict(
      key,
      holders.map((at) => facts[at]!),
    );
    if (found) states.set(key, found);
  }
  return states;
}

/** Records under resolution, by their place in the order in which they were given. */
interface Work {
  facts: readonly Facts[];
  states: ReadonlyMap<string, KeyVerdict>;
  decisions: Decisions;
  /** The place of each record in its component. */
  place: Int32Array;
  into: Resolution;
}

function resolveShared(
  facts: readonly Facts[],
  shared: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions,
  { cap = COMPONENT_CAP, oversized = NONE }: Resolving,
): Resolution {
  const into: Resolution = { clusters: [], refused: [] };
  const work: Work = { facts, states, decisions, place: new Int32Array(facts.length), into };
  const all = facts.map((_, at) => at);
  for (const part of divide(work, all, shared)) {
    const tooLarge =
      part.places.length > cap || (oversized.size > 0 && part.places.some((at) => oversized.has(facts[at]!.record.id)));
    if (tooLarge) resolveStrong(work, part);
    else resolvePart(work, part, false);
  }
  into.clusters.sort((a, b) => order(a.members[0]!, b.members[0]!));
  into.refused.sort((a, b) => order(a.records[0], b.records[0]) || order(a.records[1], b.records[1]));
  return into;
}

/** Falls into the components of its strong keys; records that have none in common stay apart. */
function resolveStrong(work: Work, { places, keys }: Part): void {
  const strong = keys.filter(({ key }) => isStrong(key));
  for (const part of divide(work, places, strong)) resolvePart(work, part, true);
}

const NONE: ReadonlySet<string> = new Set();

interface Part {
  places: number[];
  keys: SharedKey[];
}

/** The components of some places, with the keys that lie in each. */
function divide({ facts, decisions }: Work, places: readonly number[], shared: readonly SharedKey[]): Iterable<Part> {
  const ties = shared.map(({ holders }) => holders);
  if (decisions.length > 0) ties.push(...decided(facts, decisions));
  const root = components(facts.length, ties);
  const parts = new Map<number, Part>();
  for (const at of places) {
    const part = parts.get(root[at]!);
    if (part) part.places.push(at);
    else parts.set(root[at]!, { places: [at], keys: [] });
  }
  for (const entry of shared) parts.get(root[entry.holders[0]!]!)!.keys.push(entry);
  return parts.values();
}

function resolvePart({ facts, states, decisions, place: placeOf, into }: Work, part: Part, strongOnly: boolean): void {
  const { places, keys } = part;
  if (places.length > 1) {
    places.sort((a, b) => order(facts[a]!.record.id, facts[b]!.record.id));
    keys.sort((a, b) => order(a.key, b.key));
    for (let index = 0; index < places.length; index++) placeOf[places[index]!] = index;
  }
  const shared = keys.map(({ key, holders }) => ({
    key,
    holders: holders.map((at) => placeOf[at]!).sort((a, b) => a - b),
  }));
  const own = places.map((at) => facts[at]!);
  const placed =
    decisions.length === 0 ? UNDECIDED : place(decisions, new Map(own.map(({ record }, index) => [record.id, index])));
  resolveComponent(own, shared, states, placed, strongOnly, into);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
