import type { Cursor } from '../model/source.js';
import type { Normalized } from '../normalize/normalized.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { InlineNormalization } from './inline-normalization.js';

export interface FetchInput {
  run: string;
  source: string;
  /** Position of the next page in the listing. */
  seq: number;
  /** Cursor of the next page; `null` at the beginning of the listing. */
  cursor: Cursor | null;
  /** Rows of the listing so far. */
  rows: number;
  /** At the current end of the listing, wait for more pages. */
  follow?: boolean;
}

/** The pages that one activity fetched, as references to the ledger. */
export interface PageBatch {
  /** Pages `from` (inclusive) to `to` (exclusive) of the ledger. */
  from: number;
  to: number;
  rows: number;
  bytes: number;
  /** `null`: the listing has ended. */
  next: Cursor | null;
  total?: number;
  warnings: string[];
  /** Only for a queue: the counts of the inline normalization. */
  inline?: InlineNormalization['sum'];
}

export interface FetchHooks {
  signal: AbortSignal;
  /** Normalizes the stored pages of the listing from `seq` on. Called only for queues. */
  normalizeFrom: (seq: number, signal: AbortSignal) => Promise<Normalized>;
  /** Called after each page that this attempt fetched and stored. */
  onStored: (page: PageDoc) => void;
}
