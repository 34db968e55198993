import type { Store } from '../store/database.js';
import { idsIn } from '../store/collections/page-ids.js';

export interface Absence {
  /** Distinct native ids in the listing. */
  seen: number;
  /**
   * If the listing was restarted: the number of ids of normalized and of quarantined rows that were read both before and
   * after the restart.
   */
  again: { seen: number; rejected: number };
  /** Distinct native ids since the last restart, of normalized and quarantined rows. */
  named: number;
  /** Live records of the source before the listing is applied. */
  live: number;
  /** Live records that are not in the listing. */
  missing: number;
  /** Missing records that were in the previous listing, so they are missing for the first time. */
  first: number;
  /** Quarantined rows whose id could be read. Their records are listed, so they are not gone. */
  rejected: number;
}

/** Ids are compared in slices of this size, so that memory does not grow with the listing. */
const SLICE = 250_000;

/**
 * Compares a complete listing (the ids in its ledger) with the source's live records, and calls `each` with the ids of the
 * missing records, in batches. `before` is the run of an earlier listing: with it, only records that are missing from both
 * listings are passed. At this time every id of the ledger has a live record, so if the counts are equal, no comparison is
 * needed.
 */
export async function compareListing(
  store: Store,
  run: string,
  source: string,
  each: (ids: string[]) => Promise<void>,
  before?: string,
): Promise<Absence> {
  const nothing = { seen: 0, live: 0, missing: 0, first: 0, rejected: 0, named: 0 };
  const absence: Absence = { ...nothing, again: { seen: 0, rejected: 0 } };
  const slices = await sliceCount(store, run, source);
  const live = await countLive(store, source);
  for (let slice = 0; slice < slices; slice += 1) {
    const belongs = (id: string) => slices === 1 || sliceOf(id, slices) === slice;
    const { seen, rejected, again, named } = await idsOf(store, run, source, belongs);
    absence.seen += seen.size;
    absence.rejected += rejected.size;
    absence.named += named;
    absence.again.seen += again.seen;
    absence.again.rejected += again.rejected;
    if (slices === 1 && seen.size === live) return { ...absence, live };
    const earlier = before === undefined ? undefined : await idsOf(store, before, source, belongs);
    let missing: string[] = [];
    // All `_id`s of a source begin with its name, so the `_id` index is enough.
    const records = store.records
      .find({ _id: { $gte: `${source}:`, $lt: `${source};` } }, { projection: { _id: 1, gone_at: 1 } })
      .batchSize(10_000);
    for await (const record of records) {
      if (record.gone_at) continue;
      const id = record._id.slice(source.length + 1);
      if (!belongs(id)) continue;
      absence.live += 1;
      if (seen.has(id) || rejected.has(id)) continue;
      absence.missing += 1;
      if (earlier?.seen.has(id) || earlier?.rejected.has(id)) {
        absence.first += 1;
        continue;
      }
      missing.push(record._id);
      if (missing.length === 1_000) {
        await each(missing);
        missing = [];
      }
    }
    if (missing.length > 0) await each(missing);
  }
  return absence;
}

interface Ids {
  seen: Set<string>;
  rejected: Set<string>;
  again: Absence['again'];
  named: number;
}

/** The native ids of one listing. If it was restarted within its run, the pages of each restart count as their own listing. */
async function idsOf(store: Store, run: string, source: string, belongs: (id: string) => boolean): Promise<Ids> {
  const beginnings = new Map<number, Pick<Ids, 'seen' | 'rejected'>>();
  const pages = store.pages.find(
    { run, source, rows: { $gt: 0 } },
    { projection: { 'cursor.restarted': 1, 'outcome.ids': 1, 'outcome.rejected_ids': 1, 'outcome.split': 1 } },
  );
  for await (const { _id: page, cursor, outcome } of pages) {
    const times = Number(cursor?.['restarted'] ?? 0);
    const found = beginnings.get(times) ?? { seen: new Set<string>(), rejected: new Set<string>() };
    beginnings.set(times, found);
    if (!outcome) continue;
    for await (const { ids, rejected_ids: named } of idsIn(store, page, outcome)) {
      for (const id of ids) if (belongs(id)) found.seen.add(id);
      for (const id of named) if (belongs(id)) found.rejected.add(id);
    }
  }
  const union = (kind: 'seen' | 'rejected'): { all: Set<string>; again: number } => {
    const sets = [...beginnings.values()].map((ids) => ids[kind]);
    if (sets.length === 1) return { all: sets[0]!, again: 0 };
    const all = new Set(sets.flatMap((set) => [...set]));
    return { all, again: sets.reduce((sum, { size }) => sum + size, 0) - all.size };
  };
  const [seen, rejected] = [union('seen'), union('rejected')];
  const latest = beginnings.get(Math.max(...beginnings.keys()));
  return {
    seen: seen.all,
    rejected: rejected.all,
    again: { seen: seen.again, rejected: rejected.again },
    named: (latest?.seen.size ?? 0) + (latest?.rejected.size ?? 0),
  };
}

/** Counts the source's records that are not gone, using indexes only. */
async function countLive(store: Store, source: string): Promise<number> {
  const [all, gone] = await Promise.all([
    store.records.countDocuments({ _id: { $gte: `${source}:`, $lt: `${source};` } }),
    store.records.countDocuments({ source, gone_at: { $exists: true } }),
  ]);
  return all - gone;
}

async function sliceCount(store: Store, run: string, source: string): Promise<number> {
  const [sum] = await store.pages
    .aggregate<{ rows: number }>([{ $match: { run, source } }, { $group: { _id: null, rows: { $sum: '$rows' } } }])
    .toArray();
  return Math.max(1, Math.ceil((sum?.rows ?? 0) / SLICE));
}

function sliceOf(id: string, slices: number): number {
  let hash = 0;
  for (let i = 0; i < id.length; i += 1) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) | 0;
  return (hash >>> 0) % slices;
}

/** Marks records as gone and as changed, so that the next merge updates their hosts. Can be repeated. */
export async function markGone(store: Store, ids: readonly string[], at: Date): Promise<number> {
  const marked = await store.records.updateMany(
    { _id: { $in: [...ids] }, gone_at: { $exists: false } },
    { $set: { gone_at: at, dirty: true } },
  );
  return marked.modifiedCount;
}

/**
 * Retires records that are missing from a complete listing (and from that of the run `before`), with `at` as the time.
 * Returns the number of records that this attempt and earlier attempts retired.
 */
export async function retireMissing(
  store: Store,
  run: string,
  source: string,
  at: Date,
  before?: string,
): Promise<number> {
  await compareListing(store, run, source, async (ids) => void (await markGone(store, ids, at)), before);
  return countGone(store, source, at);
}

/** Counts the source's records that were retired with the time `at`. */
export function countGone(store: Store, source: string, at: Date): Promise<number> {
  return store.records.countDocuments({ source, gone_at: at });
}

/** Undoes the retirement of records that were retired with the time `at`. */
export async function bringBack(store: Store, source: string, at: Date): Promise<void> {
  await store.records.updateMany({ source, gone_at: at }, { $set: { dirty: true }, $unset: { gone_at: true } });
}
