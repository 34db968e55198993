import { createHash } from 'node:crypto';
import type { IndexDescription } from 'mongodb';
import type { KeyRing } from '../../privacy/key-ring.js';
import type { Cursor, FetchedPage, PageDoubt, Position } from '../../model/source.js';
import type { Store } from '../database.js';
import { putBody } from './bodies.js';
import { putIds, wholeOutcome } from './page-ids.js';

/** What became of a page's rows. */
export interface PageOutcome {
  at: Date;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Native ids of the rows that were understood. */
  ids: string[];
  /** Native ids of the rows in quarantine, as far as they could be read, then or later. */
  rejected_ids: string[];
  /** There are too many of both: they are in `page_ids`, and the lists here are empty. */
  split?: boolean;
  /** Rows that quarantine had no room for. */
  unkept?: number;
  /** Digests of the records' content, and of the code that read them: the same bytes need not be read twice. */
  content: string;
  reader: string;
  /** Its rows were never read: each attempt at them died. */
  set_aside?: true;
}

/** The page ledger: one entry a response, in the order of its listing. `_id` = run, source and digest of the cursor. */
export interface PageDoc {
  _id: string;
  run: string;
  source: string;
  /** Position in the listing, from 0. */
  seq: number;
  cursor: Cursor;
  next: Cursor | null;
  fetched_at: Date;
  status: number;
  media_type: string;
  /** Length of the body. */
  bytes: number;
  /** SHA-256 of the body, and its address in `bodies`. */
  digest: string;
  rows: number;
  total?: number;
  doubts?: PageDoubt[];
  lacks?: string[];
  /** Where a later run goes on, in a listing that only grows. */
  position?: Position;
  /** Rows that were blotted out of its body, whose digest is another one since. */
  erased?: number;
  /** Attempts that died while they read it; absent again when one came through. See `store/deaths.ts`. */
  deaths?: number;
  outcome?: PageOutcome;
}

export const pageIndexes: IndexDescription[] = [
  { key: { run: 1, source: 1, seq: 1 } },
  { key: { source: 1, digest: 1, run: 1 } },
  { key: { source: 1, fetched_at: -1 } },
  { key: { 'outcome.unkept': 1 }, partialFilterExpression: { 'outcome.unkept': { $gt: 0 } } },
];

/** `_id` of the page that begins at `cursor`. */
export function pageId(run: string, source: string, cursor: Cursor): string {
  return `${run}/${source}/${createHash('sha256').update(JSON.stringify(cursor)).digest('hex').slice(0, 16)}`;
}

/**
 * Stores a page: first its body (sealed when there are `keys`), then its ledger entry, each durable before the next. When the ledger already holds a page
 * for this cursor (an earlier attempt that came through late), that one stays and is returned.
 */
export async function appendPage(
  store: Store,
  run: string,
  source: string,
  seq: number,
  page: FetchedPage,
  keys?: KeyRing,
): Promise<PageDoc> {
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
    return entry;
  } catch (error) {
    const earlier = (error as { code?: number }).code === 11000 ? await store.pages.findOne({ _id: entry._id }) : null;
    if (!earlier) throw error;
    return earlier;
  }
}

/** The page of a source that was fetched last; one with a time that has not come yet, as a clock was ahead, only where there is no other. */
export async function latestPage(store: Store, source: string): Promise<Pick<PageDoc, '_id' | 'run'> | null> {
  const latest = { sort: { fetched_at: -1 }, projection: { run: 1 } } as const;
  const past = { source, fetched_at: { $lte: await store.clock.now() } };
  return (await store.pages.findOne(past, latest)) ?? store.pages.findOne({ source }, latest);
}

/** Up to `limit` (0: all) pages of one listing from position `from` on, in order, without the ids of their rows. */
export function pagesFrom(store: Store, run: string, source: string, from: number, limit = 0): Promise<PageDoc[]> {
  return store.pages
    .find({ run, source, seq: { $gte: from } }, { projection: { 'outcome.ids': 0, 'outcome.rejected_ids': 0 }, limit })
    .sort({ seq: 1 })
    .toArray();
}

/** Notes that a listing held records that were understood (or at least named) only later: it is no proof that they are gone. */
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
  /** Of the quarantined ones those that quarantine had no room for. */
  unkept: number;
  /** Pages that have not been normalized yet. */
  waiting: number;
  /** Positions in the listing that no page is at: the ledger lost them, as a restored backup does. */
  missing: number;
}

/** Sums of one listing's ledger: the one place that counts of a run come from. */
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
          unkept: sum('$outcome.unkept'),
          waiting: { $sum: { $cond: [{ $ifNull: ['$outcome', false] }, 0, 1] } },
          last: { $max: '$seq' },
        },
      },
      { $set: { missing: { $subtract: [{ $add: ['$last', 1] }, '$pages'] } } },
      { $project: { _id: 0, last: 0 } },
    ])
    .toArray();
  const none = { pages: 0, rows: 0, new: 0, changed: 0, unchanged: 0, quarantined: 0, unkept: 0 };
  return counts ?? { ...none, waiting: 0, missing: 0 };
}

/** Notes how many rows of a page quarantine had no room for when it was read again. */
export async function noteUnkept(store: Store, page: PageDoc, unkept: number): Promise<void> {
  if (unkept === (page.outcome?.unkept ?? 0)) return;
  await store.pages.updateOne({ _id: page._id }, { $set: { 'outcome.unkept': unkept } });
}
