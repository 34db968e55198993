import type { Facts } from './facts.js';
import type { Decisions } from './resolution.js';

/** Decisions about the records of one component, by their positions; decisions about other records are omitted. */
export interface ComponentDecisions {
  joins: ComponentDecision[];
  splits: ComponentDecision[];
}

export interface ComponentDecision {
  i: number;
  j: number;
  at: string;
}

export const UNDECIDED: ComponentDecisions = { joins: [], splits: [] };

/** Later decisions first; decisions of the same time are sorted by their records. */
export function decisionsOfComponent(
  decisions: Decisions,
  positionOf: ReadonlyMap<string, number>,
): ComponentDecisions {
  const found: ComponentDecisions = { joins: [], splits: [] };
  for (const { kind, records, at } of decisions) {
    const [a, b] = [positionOf.get(records[0]), positionOf.get(records[1])];
    if (a === undefined || b === undefined || a === b) continue;
    found[kind === 'join' ? 'joins' : 'splits'].push({ i: Math.min(a, b), j: Math.max(a, b), at });
  }
  const later = (a: ComponentDecision, b: ComponentDecision) =>
    a.at === b.at ? a.i - b.i || a.j - b.j : a.at < b.at ? 1 : -1;
  found.joins.sort(later);
  found.splits.sort(later);
  return found;
}

/** Positions of the records that join decisions link, independently of their keys. */
export function decided(facts: readonly Facts[], decisions: Decisions): number[][] {
  const joins = decisions.filter(({ kind }) => kind === 'join');
  const wanted = new Set(joins.flatMap(({ records }) => records));
  const positionOf = new Map<string, number>();
  facts.forEach(({ record: { id } }, at) => wanted.has(id) && positionOf.set(id, at));
  const pairs = joins.map(({ records }) => records.flatMap((id) => positionOf.get(id) ?? []));
  return pairs.filter((pair) => pair.length === 2);
}
