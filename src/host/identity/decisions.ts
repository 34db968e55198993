import type { Facts } from './facts.js';
import type { Decisions } from './resolution.js';

/** Decisions by the places of their records in a component; those about records elsewhere are left out. */
export interface Placed {
  joins: PlacedDecision[];
  splits: PlacedDecision[];
}

export interface PlacedDecision {
  i: number;
  j: number;
  at: string;
}

export const UNDECIDED: Placed = { joins: [], splits: [] };

/** Later decisions first; of two at the same time the order is by their records. */
export function place(decisions: Decisions, placeOf: ReadonlyMap<string, number>): Placed {
  const placed: Placed = { joins: [], splits: [] };
  for (const { kind, records, at } of decisions) {
    const [a, b] = [placeOf.get(records[0]), placeOf.get(records[1])];
    if (a === undefined || b === undefined || a === b) continue;
    placed[kind === 'join' ? 'joins' : 'splits'].push({ i: Math.min(a, b), j: Math.max(a, b), at });
  }
  const later = (a: PlacedDecision, b: PlacedDecision) =>
    a.at === b.at ? a.i - b.i || a.j - b.j : a.at < b.at ? 1 : -1;
  placed.joins.sort(later);
  placed.splits.sort(later);
  return placed;
}

/** Places of records that joins tie together, whatever their keys. */
export function decided(facts: readonly Facts[], decisions: Decisions): number[][] {
  const joins = decisions.filter(({ kind }) => kind === 'join');
  const wanted = new Set(joins.flatMap(({ records }) => records));
  const placeOf = new Map<string, number>();
  facts.forEach(({ record: { id } }, at) => wanted.has(id) && placeOf.set(id, at));
  const pairs = joins.map(({ records }) => records.flatMap((id) => placeOf.get(id) ?? []));
  return pairs.filter((pair) => pair.length === 2);
}
