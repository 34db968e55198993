import type { IndexDescription } from 'mongodb';
import type { Cursor, PageDoubt, Position } from '../../model/source.js';

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
  /** Digest of the records' content, and the version by which they were read: the same bytes need not be read twice. */
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
