import type { Decision, Decisions } from './types.js';

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

/** Ids of records that a join ties together, whatever their keys. */
export function joined(decisions: Decisions): Decision[] {
  return decisions.filter(({ kind }) => kind === 'join');
}
