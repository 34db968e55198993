import { STALE_AFTER_MS, type Rule } from './survivorship-rules.js';
import type { HostRecord } from '../types.js';

/** A member of a host, and the fields that it supplies. */
export interface Candidate {
  record: HostRecord;
  /** The time at which the source last saw the machine, epoch milliseconds; 0 if the source does not report it. */
  at: number;
  supplies: string[];
}

/**
 * Sorts the members for fields without an order of vendors: listed records before gone ones, recent before old, then by id.
 * The order is total.
 */
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

/** Chooses the record of `ranked` that supplies a field by `rule`, among those for which `has` is true. */
export function choose(
  ranked: readonly Candidate[],
  rule: Rule,
  has: (record: HostRecord) => boolean,
): Candidate | undefined {
  let best: Candidate | undefined;
  let bestRank = Infinity;
  let freshest = 0;
  for (const candidate of ranked) {
    if (!has(candidate.record)) continue;
    if (!rule.order) return candidate;
    if (best) {
      // All later candidates are gone too, or older.
      if (candidate.record.gone !== best.record.gone) break;
      if (!rule.lasting && candidate.at < freshest - STALE_AFTER_MS) break;
    } else freshest = candidate.at;
    const rank = rankOf(rule.order, candidate.record.vendor);
    if (rank < bestRank) [best, bestRank] = [candidate, rank];
  }
  return best;
}

function rankOf(order: readonly string[], vendor: string): number {
  const rank = order.indexOf(vendor);
  return rank < 0 ? order.length : rank;
}
