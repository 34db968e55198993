import type { Filter } from 'mongodb';
import type { Store } from '../store/database.js';
import type { QuarantineDoc } from '../store/documents/quarantine.js';

/** Filter of entries: all given conditions must match. */
export interface Quarantined {
  ids?: readonly string[];
  source?: string;
  /** A text that the reason contains, ignoring case. */
  reason?: string;
}

/** The entries of one source with one reason. */
export interface QuarantineGroup {
  source: string;
  reason: string;
  /** Number of entries: each is a row, or a page that could not be read at all. */
  records: number;
  /** Total number of pages on which they were received. */
  times: number;
  first_at: Date;
  last_at: Date;
  /** The id of one entry. */
  example: string;
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

export function filterOf({ ids, source, reason }: Quarantined): Filter<QuarantineDoc> {
  return {
    ...(ids && { _id: { $in: [...new Set(ids)] } }),
    ...(source !== undefined && { source }),
    ...(reason !== undefined && { reason: { $regex: escapeRegex(reason), $options: 'i' } }),
  };
}

/** Entries grouped by source and reason, the largest group first. */
export function groupQuarantined(store: Store, which: Quarantined): Promise<QuarantineGroup[]> {
  return store.quarantine
    .aggregate<QuarantineGroup>([
      { $match: filterOf(which) },
      {
        $group: {
          _id: { source: '$source', reason: '$reason' },
          records: { $sum: 1 },
          times: { $sum: { $ifNull: ['$count', 1] } },
          first_at: { $min: '$first_at' },
          last_at: { $max: '$last_at' },
          example: { $min: '$_id' },
        },
      },
      { $sort: { records: -1, _id: 1 } },
      { $replaceWith: { $mergeObjects: ['$_id', { $unsetField: { field: '_id', input: '$$ROOT' } }] } },
    ])
    .toArray();
}

/** Entries, the latest first. With `limit` 0, returns all entries. */
export function listQuarantined(store: Store, which: Quarantined, limit: number): AsyncIterable<QuarantineDoc> {
  return store.quarantine.find(filterOf(which), { limit }).sort({ last_at: -1, _id: 1 }).allowDiskUse();
}

/** Entries grouped by page. The pages of a run follow each other. */
export async function* quarantinedByPage(store: Store, which: Quarantined): AsyncGenerator<QuarantineDoc[]> {
  // MongoDB sorts all entries first, so entries that leave quarantine in the meantime are still returned. The batch is
  // small, because reading a page may take long.
  const found = store.quarantine.find(filterOf(which)).sort({ page: 1, row: 1 }).allowDiskUse().batchSize(100);
  let entries: QuarantineDoc[] = [];
  for await (const entry of found) {
    if (entries.length > 0 && entries[0]!.page !== entry.page) {
      yield entries;
      entries = [];
    }
    entries.push(entry);
  }
  if (entries.length > 0) yield entries;
}

export interface ReasonCount {
  reason: string;
  count: number;
}

/** The most frequent reasons of the quarantined rows of a source that `run` read last; at most `most`. */
export async function reasonsOf(store: Store, source: string, run: string, most: number): Promise<ReasonCount[]> {
  return store.quarantine
    .aggregate<ReasonCount>([
      { $match: { source, run } },
      { $group: { _id: '$reason', count: { $sum: 1 } } },
      { $sort: { count: -1, _id: 1 } },
      { $limit: most },
      { $project: { _id: 0, reason: '$_id', count: 1 } },
    ])
    .toArray();
}

/** Entries of one source and reason in the order of their ids, beginning after `after`. */
export function quarantineRows(
  store: Store,
  { source, reason }: { source: string; reason: string },
  { limit, after, maxTimeMs = 5_000 }: { limit: number; after?: string; maxTimeMs?: number },
): Promise<QuarantineDoc[]> {
  return store.quarantine
    .find({ source, reason, ...(after === undefined ? {} : { _id: { $gt: after } }) }, { maxTimeMS: maxTimeMs })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
}
