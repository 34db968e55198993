import type { Store } from '../store/database.js';
import { LedgerReader } from './ledger-reader.js';
import { NOTHING, type NormalizeInput, type Normalized } from './normalized.js';

export interface Following {
  /** Stops after the page that reaches this number of rows. */
  rows: number;
  /** Stops after this time without a page. */
  waitMs: number;
  signal: AbortSignal;
  /** Called after each page. */
  onPage: (sum: Normalized) => void;
}

/**
 * Normalizes pages while they are fetched. `normalizeStored` normalizes those that are stored. Between its calls, this function
 * waits for the next page, so that a slow vendor keeps no thread from the pages of other sources.
 */
export async function normalizeFollowing(
  store: Store,
  input: NormalizeInput,
  { rows, waitMs, signal, onPage }: Following,
  normalizeStored: (input: NormalizeInput, onPage: (sum: Normalized) => void) => Promise<Normalized>,
): Promise<Normalized> {
  let sum: Normalized = { ...NOTHING, next: input.from };
  for (;;) {
    const before = sum;
    const done = await normalizeStored({ ...input, from: before.next }, (now) => onPage(plus(before, now)));
    sum = plus(before, done);
    if (sum.stopped !== 'waited' || sum.rows >= rows || signal.aborted) return sum;
    const { pages, ended } = await new LedgerReader(store, { ...input, from: sum.next }, waitMs, signal).next();
    if (pages.length === 0) return { ...sum, stopped: ended ? 'ended' : 'waited' };
  }
}

function plus(before: Normalized, now: Normalized): Normalized {
  const sum = { ...now };
  for (const count of ['pages', 'rows', 'new', 'changed', 'unchanged', 'quarantined'] as const)
    sum[count] += before[count];
  return sum;
}
