import type { Binary } from 'mongodb';
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
  overflow?: number;
  /**
   * Digest of the records' content, and the reading version. They show whether a page with the same bytes has to be read again.
   */
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
  /** Number of rows that were erased from its body. The body has another digest since then. */
  erased?: number;
  /**
   * Number of attempts whose process ended while it read this page; absent after an attempt succeeded. See
   * `normalize/deaths.ts`.
   */
  deaths?: number;
  outcome?: PageOutcome;
  /** Its records were inserted with this outcome into an empty inventory, and were not merged yet; see `merge/plan`. */
  unmerged?: UnmergedPage;
}

export interface UnmergedPage {
  /** The plan that contains its records; empty until one is made. */
  plan: string;
  /** Number of its records. */
  records: number;
  /** Hashes of the records' keys, in the order of `outcome.ids`, see `packKeys`. */
  keys: Binary;
}
