import { resolveComponent, type SharedKey } from './component.js';
import { components, sharedKeys } from './components.js';
import { decided, decisionsOfComponent, UNDECIDED } from './decisions.js';
import { factsOf, isStrong, type Facts } from './facts.js';
import { knownState, verdict } from './key-state.js';
import type { Decisions, KeyVerdict, Resolution } from './resolution.js';
import type { HostRecord } from '../types.js';

export { KEY_LIMITS, keyState } from './key-state.js';
export type {
  Decision,
  Decisions,
  KeyVerdict,
  Level,
  Reason,
  ForbiddenJoin,
  Resolution,
  ResolvedHost,
} from './resolution.js';

/** A larger component is resolved by cloud, agent, serial and UUID keys alone, and its hosts are marked `oversized`. */
export const COMPONENT_CAP = 2_000;

export interface Resolving {
  cap?: number;
  /** Records whose component is larger than the cap, although the given records are only a part of it: see `src/merge`. */
  oversized?: ReadonlySet<string>;
}

/**
 * Groups records into machines: a pure function of the set of records, their keys' states and the decisions, in any order.
 * A key without an entry in `states` is good. Components are independent: a record's result is the same whether its
 * component is resolved alone or with the whole inventory.
 */
export function resolve(
  records: readonly HostRecord[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions = [],
  resolving: Resolving = {},
): Resolution {
  const shared = sharedKeys(records).filter(({ key }) => states.get(key)?.state !== 'suppressed');
  return resolveShared(records.map(factsOf), shared, states, decisions, resolving);
}

/**
 * Resolves the whole inventory at once and computes the keys' states from its records: for bootstrap, for audits and for
 * comparisons.
 */
export function resolveAll(
  records: readonly HostRecord[],
  decisions: Decisions = [],
  resolving: Resolving = {},
): Resolution {
  const shared = sharedKeys(records);
  const facts = records.map(factsOf);
  const states = judged(shared, facts);
  const usable = states.size === 0 ? shared : shared.filter(({ key }) => states.get(key)?.state !== 'suppressed');
  return resolveShared(facts, usable, states, decisions, resolving);
}

/**
 * Resolves records that contain all holders of their keys, except of `popular` keys, whose states are given. `verdicts`: the
 * states of the other keys that are weak or suppressed.
 */
export function resolveClosed(
  records: readonly HostRecord[],
  popular: ReadonlyMap<string, KeyVerdict>,
): Resolution & { verdicts: Map<string, Pick<KeyVerdict, 'state' | 'why'>> } {
  const shared = popular.size === 0 ? sharedKeys(records) : sharedKeys(records).filter(({ key }) => !popular.has(key));
  const facts = records.map(factsOf);
  const verdicts = new Map([...judged(shared, facts)].map(([key, found]) => [key, knownState(found)]));
  const states = new Map<string, KeyVerdict>(verdicts);
  if (popular.size > 0)
    for (const { keys } of records)
      for (const key of keys) {
        const state = popular.get(key);
        if (state) states.set(key, state);
      }
  const usable = verdicts.size === 0 ? shared : shared.filter(({ key }) => states.get(key)?.state !== 'suppressed');
  return { ...resolveShared(facts, usable, states, [], {}), verdicts };
}

/** The states of the weak and suppressed keys, given all their holders. */
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

/** The input and result of a resolution; records are addressed by their index in `facts`. */
interface Work {
  facts: readonly Facts[];
  states: ReadonlyMap<string, KeyVerdict>;
  decisions: Decisions;
  /** The position of each record in its component. */
  position: Int32Array;
  into: Resolution;
}

function resolveShared(
  facts: readonly Facts[],
  shared: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions,
  { cap = COMPONENT_CAP, oversized = NONE }: Resolving,
): Resolution {
  const into: Resolution = { clusters: [], forbidden: [] };
  const work: Work = { facts, states, decisions, position: new Int32Array(facts.length), into };
  const all = facts.map((_, at) => at);
  for (const part of divide(work, all, shared)) {
    const tooLarge =
      part.indexes.length > cap ||
      (oversized.size > 0 && part.indexes.some((at) => oversized.has(facts[at]!.record.id)));
    if (tooLarge) resolveStrong(work, part);
    else resolvePart(work, part, false);
  }
  into.clusters.sort((a, b) => order(a.members[0]!, b.members[0]!));
  into.forbidden.sort((a, b) => order(a.records[0], b.records[0]) || order(a.records[1], b.records[1]));
  return into;
}

/** Resolves an oversized component by its strong keys. Records that share no strong key stay separate. */
function resolveStrong(work: Work, { indexes, keys }: Part): void {
  const strong = keys.filter(({ key }) => isStrong(key));
  for (const part of divide(work, indexes, strong)) resolvePart(work, part, true);
}

const NONE: ReadonlySet<string> = new Set();

interface Part {
  indexes: number[];
  keys: SharedKey[];
}

/** Divides records into components, each with its keys. */
function divide({ facts, decisions }: Work, indexes: readonly number[], shared: readonly SharedKey[]): Iterable<Part> {
  const ties = shared.map(({ holders }) => holders);
  if (decisions.length > 0) ties.push(...decided(facts, decisions));
  const root = components(facts.length, ties);
  const parts = new Map<number, Part>();
  for (const at of indexes) {
    const part = parts.get(root[at]!);
    if (part) part.indexes.push(at);
    else parts.set(root[at]!, { indexes: [at], keys: [] });
  }
  for (const entry of shared) parts.get(root[entry.holders[0]!]!)!.keys.push(entry);
  return parts.values();
}

function resolvePart({ facts, states, decisions, position, into }: Work, part: Part, strongOnly: boolean): void {
  const { indexes, keys } = part;
  if (indexes.length > 1) {
    indexes.sort((a, b) => order(facts[a]!.record.id, facts[b]!.record.id));
    keys.sort((a, b) => order(a.key, b.key));
    for (let index = 0; index < indexes.length; index++) position[indexes[index]!] = index;
  }
  const shared = keys.map(({ key, holders }) => ({
    key,
    holders: holders.map((at) => position[at]!).sort((a, b) => a - b),
  }));
  const own = indexes.map((at) => facts[at]!);
  const componentDecisions =
    decisions.length === 0
      ? UNDECIDED
      : decisionsOfComponent(decisions, new Map(own.map(({ record }, index) => [record.id, index])));
  resolveComponent(own, shared, states, componentDecisions, strongOnly, into);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
