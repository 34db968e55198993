import { resolveComponent, type SharedKey } from './component.js';
import { components, sharedKeys } from './components.js';
import { joined, place, UNDECIDED } from './decisions.js';
import { factsOf, kindOf, type Facts } from './facts.js';
import { verdict } from './key-state.js';
import type { Decisions, HostRecord, KeyVerdict, Resolution } from './types.js';

export { KEY_LIMITS, keyState } from './key-state.js';
export type { Decision, Decisions, KeyVerdict, Level, Reason, Refusal, Resolution, ResolvedHost } from './types.js';

/** A component of more records than this is resolved by cloud, agent, serial and UUID keys alone, and reported. */
export const COMPONENT_CAP = 2_000;

/**
 * Which records are one machine: a pure function of the set of records, their keys' states and the decisions, in any order.
 * Keys that `states` does not hold are as good as any. Components do not see each other: what comes of a record is the same
 * whether its component is resolved alone or with the whole inventory.
 */
export function resolve(
  records: readonly HostRecord[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions = [],
): Resolution {
  const shared = sharedKeys(records).filter(({ key }) => states.get(key)?.state !== 'cut');
  return resolveShared(records, undefined, shared, states, decisions);
}

/** The whole inventory at once, with the keys' states as its records tell them: for bootstrap, audit and comparisons. */
export function resolveAll(records: readonly HostRecord[], decisions: Decisions = []): Resolution {
  const shared = sharedKeys(records);
  const facts = records.map(factsOf);
  const states = judged(shared, facts);
  const usable = states.size === 0 ? shared : shared.filter(({ key }) => states.get(key)?.state !== 'cut');
  return resolveShared(records, facts, usable, states, decisions);
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

function resolveShared(
  records: readonly HostRecord[],
  facts: readonly Facts[] | undefined,
  shared: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions,
): Resolution {
  const resolution: Resolution = { clusters: [], refused: [], oversized: [] };
  const factsAt = (at: number) => (facts ? facts[at]! : factsOf(records[at]!));
  const ties = shared.map(({ holders }) => holders);
  if (decisions.length > 0) ties.push(...decided(records, decisions));
  for (const { places, keys } of divide(
    records.map((_, at) => at),
    components(records.length, ties),
    shared,
  )) {
    if (places.length > COMPONENT_CAP) oversized(records, factsAt, places, keys, states, decisions, resolution);
    else resolveOne(records, factsAt, places, keys, states, decisions, false, resolution);
  }
  resolution.clusters.sort((a, b) => order(a.members[0]!, b.members[0]!));
  resolution.refused.sort((a, b) => order(a.records[0], b.records[0]) || order(a.records[1], b.records[1]));
  return resolution;
}

/** Places of records that decisions tie together. */
function decided(records: readonly HostRecord[], decisions: Decisions): number[][] {
  const joins = joined(decisions);
  if (joins.length === 0) return [];
  const wanted = new Set(joins.flatMap(({ records: pair }) => pair));
  const placeOf = new Map<string, number>();
  records.forEach(({ id }, at) => wanted.has(id) && placeOf.set(id, at));
  return joins
    .map(({ records: pair }) => pair.flatMap((id) => placeOf.get(id) ?? []))
    .filter((pair) => pair.length === 2);
}

interface Part {
  places: number[];
  keys: SharedKey[];
}

/** The places by their component, with the keys that lie in each. `root` is by place. */
function divide(places: readonly number[], root: Int32Array, shared: readonly SharedKey[]): Iterable<Part> {
  const parts = new Map<number, Part>();
  for (const at of places) {
    const part = parts.get(root[at]!);
    if (part) part.places.push(at);
    else parts.set(root[at]!, { places: [at], keys: [] });
  }
  for (const entry of shared) parts.get(root[entry.holders[0]!]!)!.keys.push(entry);
  return parts.values();
}

/** Falls into the components of its strong keys; what is left out there joins nobody. */
function oversized(
  records: readonly HostRecord[],
  factsAt: (at: number) => Facts,
  places: readonly number[],
  keys: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions,
  into: Resolution,
): void {
  const first = places.reduce((id, at) => (records[at]!.id < id ? records[at]!.id : id), records[places[0]!]!.id);
  into.oversized.push({ records: places.length, first });
  const strong = keys.filter(({ key }) => STRONG.has(kindOf(key)));
  const ties = strong.map(({ holders }) => holders);
  if (decisions.length > 0) ties.push(...decided(records, decisions));
  const root = components(records.length, ties);
  for (const part of divide(places, root, strong))
    resolveOne(records, factsAt, part.places, part.keys, states, decisions, true, into);
}

const STRONG: ReadonlySet<string> = new Set(['cloud', 'agent', 'serial', 'uuid']);

function resolveOne(
  records: readonly HostRecord[],
  factsAt: (at: number) => Facts,
  places: number[],
  keys: SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions,
  strongOnly: boolean,
  into: Resolution,
): void {
  if (places.length > 1) {
    places.sort((a, b) => order(records[a]!.id, records[b]!.id));
    if (keys.length > 1) keys.sort((a, b) => order(a.key, b.key));
  }
  const placeOf = new Map(places.map((at, index) => [at, index]));
  const shared = keys.map(({ key, holders }) => ({
    key,
    holders: holders.map((at) => placeOf.get(at)!).sort((a, b) => a - b),
  }));
  const placed =
    decisions.length === 0 ? UNDECIDED : place(decisions, new Map(places.map((at, index) => [records[at]!.id, index])));
  resolveComponent(places.map(factsAt), shared, states, placed, strongOnly, into);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
