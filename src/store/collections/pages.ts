import type { PageDoc } from '../documents/pages.js';
import { createHash } from 'node:crypto';
import type { KeyRing } from '../../privacy/key-ring.js';
import type { Cursor, FetchedPage } from '../../model/source.js';
import type { Store } from '../database.js';
import { putBody } from './bodies.js';
import { putIds, wholeOutcome } from './page-ids.js';

/** `_id` of the page that starts at `cursor`. */
export function pageId(run: string, source: string, cursor: Cursor): string {
  return `${run}/${source}/${createHash('sha256').update(JSON.stringify(cursor)).digest('hex').slice(0, 16)}`;
}

export interface AppendedPage {
  /** The ledger's entry. */
  page: PageDoc;
  /** `false`: another attempt had stored a page for this cursor, and that page stays. */
  isNew: boolean;
}

/**
 * Stores a page: first its body (sealed when `keys` are given), then its ledger entry, each durable before the next. The
 * ledger keeps one page per cursor.
 */
export async function appendPage(
  store: Store,
  run: string,
  source: string,
  seq: number,
  page: FetchedPage,
  keys?: KeyRing,
): Promise<AppendedPage> {
  await putBody(store, page.digest, page.body, keys);
  const entry: PageDoc = {
    _id: pageId(run, source, page.cursor),
    run,
    source,
    seq,
    cursor: page.cursor,
    next: page.next,
    fetched_at: page.fetchedAt,
    status: page.status,
    media_type: page.mediaType,
    bytes: page.body.length,
    digest: page.digest,
    rows: page.rows,
    ...(page.total === undefined ? {} : { total: page.total }),
    ...(page.doubts === undefined ? {} : { doubts: page.doubts }),
    ...(page.lacks === undefined ? {} : { lacks: page.lacks }),
    ...(page.position === undefined ? {} : { position: page.position }),
  };
  try {
    await store.pages.insertOne(entry);
    return { page: entry, isNew: true };
  } catch (error) {
    const earlier = (error as { code?: number }).code === 11000 ? await store.pages.findOne({ _id: entry._id }) : null;
    if (!earlier) throw error;
    return { page: earlier, isNew: false };
  }
}

/** The latest page of a source. Pages with a time in the future (a clock was ahead) are used only if there are no others. */
export async function latestPage(store: Store, source: string): Promise<Pick<PageDoc, '_id' | 'run'> | null> {
  const latest = { sort: { fetched_at: -1 }, projection: { run: 1 } } as const;
  const past = { source, fetched_at: { $lte: await store.clock.now() } };
  return (await store.pages.findOne(past, latest)) ?? store.pages.findOne({ source }, latest);
}

/** Whether the last page of a listing is in the ledger. */
export async function isListingEnded(store: Store, run: string, source: string): Promise<boolean> {
  const last = await store.pages.findOne({ run, source }, { sort: { seq: -1 }, projection: { next: 1 } });
  return last?.next === null;
}

/**
 * Up to `limit` (0: all) pages of one listing from position `from`, in order, without the ids of their rows. With `share`, only
 * those whose position modulo `of` is `index`.
 */
export function pagesFrom(
  store: Store,
  run: string,
  source: string,
  from: number,
  limit = 0,
  share?: { index: number; of: number },
): Promise<PageDoc[]> {
  const seq = { $gte: from, ...(share ? { $mod: [share.of, share.index] as [number, number] } : {}) };
  return store.pages
    .find({ run, source, seq }, { projection: { 'outcome.ids': 0, 'outcome.rejected_ids': 0, unmerged: 0 }, limit })
    .sort({ seq: 1 })
    .toArray();
}

/** Adds ids that were read from a page only later. Without them, a complete listing would mark their records as gone. */
export async function noteListed(store: Store, page: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { outcome } = (await store.pages.findOne({ _id: page, 'outcome.split': true })) ?? {};
  if (outcome) {
    const whole = await wholeOutcome(store, page, outcome);
    const known = new Set([...whole.ids, ...whole.rejected_ids]);
    const rejected_ids = [...whole.rejected_ids, ...new Set(ids.filter((id) => !known.has(id)))];
    await putIds(store, page, { ids: whole.ids, rejected_ids });
    return;
  }
  const further = { $setDifference: [{ $literal: [...ids] }, '$outcome.ids'] };
  const listed = { 'outcome.rejected_ids': { $setUnion: ['$outcome.rejected_ids', further] } };
  await store.pages.updateOne({ _id: page, outcome: { $exists: true } }, [{ $set: listed }]);
}

export interface ListingCounts {
  pages: number;
  rows: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Rows in `quarantined` that did not fit into quarantine. */
  overflow: number;
  /** Pages that have not been normalized yet. */
  waiting: number;
  /** Positions of the listing that have no page. Pages can be missing in a restored backup. */
  missing: number;
}

/** Sums of one listing's ledger. All counts of a run are computed by this function. */
export async function countListing(store: Store, run: string, source: string): Promise<ListingCounts> {
  const sum = (field: string) => ({ $sum: { $ifNull: [field, 0] } });
  const [counts] = await store.pages
    .aggregate<ListingCounts>([
      { $match: { run, source } },
      {
        $group: {
          _id: null,
          pages: { $sum: 1 },
          rows: sum('$rows'),
          new: sum('$outcome.new'),
          changed: sum('$outcome.changed'),
          unchanged: sum('$outcome.unchanged'),
          quarantined: sum('$outcome.quarantined'),
          overflow: sum('$outcome.overflow'),
          waiting: { $sum: { $cond: [{ $ifNull: ['$outcome', false] }, 0, 1] } },
          last: { $max: '$seq' },
        },
      },
      { $set: { missing: { $subtract: [{ $add: ['$last', 1] }, '$pages'] } } },
      { $project: { _id: 0, last: 0 } },
    ])
    .toArray();
  const none = { pages: 0, rows: 0, new: 0, changed: 0, unchanged: 0, quarantined: 0, overflow: 0 };
  return counts ?? { ...none, waiting: 0, missing: 0 };
}

/** Updates how many rows of a page did not fit into quarantine, after the page was read again. */
export async function noteOverflow(store: Store, page: PageDoc, overflow: number): Promise<void> {
  if (overflow === (page.outcome?.overflow ?? 0)) return;
  await store.pages.updateOne({ _id: page._id }, { $set: { 'outcome.overflow': overflow } });
}
