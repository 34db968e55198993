import { STALE_AFTER_MS, type Rule } from './survivorship-rules.js';
import type { HostRecord } from '../types.js';

/** A member of a host, and what it turned out to supply. */
export interface Candidate {
  record: HostRecord;
  /** When it was last seen; 0 when it does not tell. */
  at: number;
  supplies: string[];
}

/** The members, best first where no rule says otherwise: listed before gone, fresh before old, then by id. A total order. */
export function rank(members: readonly HostRecord[]): Candidate[] {
  const candidates = members.map((record) => ({
    record,
    at: record.observation.device.last_seen_time?.getTime() ?? 0,
    supplies: [],
  }));
  return candidates.sort(byRecency);
}

function byRecency(a: Candidate, b: Candidate): number {
  if (a.record.gone !== b.record.gone) return a.record.gone ? 1 : -1;
  return b.at - a.at || (a.record.id < b.record.id ? -1 : 1);
}

/** The one of `ranked` that supplies a field by `rule`: among those that `has` a value for it, if there are any. */
export function choose(
  ranked: readonly Candidate[],
  rule: Rule,
  has: (record: HostRecord) => boolean,
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestPlace = Infinity;
  let freshest = 0;
  for (const candidate of ranked) {
    if (!has(candidate.record)) continue;
    if (!rule.order) return candidate;
    if (best) {
      // Whoever comes next is gone as well, or older still.
      if (candidate.record.gone !== best.record.gone) break;
      if (!rule.lasting && candidate.at < freshest - STALE_AFTER_MS) break;
    } else freshest = candidate.at;
    const place = placeOf(rule.order, candidate.record.vendor);
    if (place < bestPlace) [best, bestPlace] = [candidate, place];
  }
  return best;
}

function placeOf(order: readonly string[], vendor: string): number {
  const place = order.indexOf(vendor);
  return place < 0 ? order.length : place;
}
