import type { IndexDescription } from 'mongodb';
import type { Cursor, PageDoubt, Position } from '../../model/source.js';

/** Result of normalizing a page. */
export interface PageOutcome {
  at: Date;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Native ids of the normalized rows. */
  ids: string[];
  /** Native ids of quarantined rows, as far as they could be read, then or later. */
  rejected_ids: string[];
  /** There are too many ids: they are in `page_ids`, and both lists here are empty. */
  split?: boolean;
  /** Rows that did not fit into quarantine. */
  unkept?: number;
  /** Digest of the records' content, and the reading version. With both, a page with the same bytes need not be read again. */
  content: string;
  reader: string;
  /** Its rows were not read, because each attempt ended the process. */
  set_aside?: true;
}

/** The page ledger: one entry for each response, in the order of the listing. `_id` = run, source and digest of the cursor. */
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
  /** Where a later run continues, for sources that only grow. */
  position?: Position;
  /** Rows that were erased from its body. The body has another digest since then. */
  erased?: number;
  /** Attempts that ended while they read it; absent after one succeeded. See `normalize/deaths.ts`. */
  deaths?: number;
  outcome?: PageOutcome;
}

export const pageIndexes: IndexDescription[] = [
  { key: { run: 1, source: 1, seq: 1 } },
  { key: { source: 1, digest: 1, run: 1 } },
  { key: { source: 1, fetched_at: -1 } },
  { key: { 'outcome.unkept': 1 }, partialFilterExpression: { 'outcome.unkept': { $gt: 0 } } },
];
