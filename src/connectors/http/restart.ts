import { Failure } from '../../model/failure.js';
import type { Cursor, FetchedPage } from '../../model/source.js';

/** Maximum restarts of one listing in one run, after its vendor rejected a cursor. */
const MOST_RESTARTS = 3;

/** A cursor without its restart mark, and the number of restarts. */
export interface Restart {
  times: number;
  cursor: Cursor | null;
}

/** Splits a cursor that `restarts.mark` marked. */
export function restartable(from: Cursor | null): Restart {
  if (from === null) return { times: 0, cursor: null };
  const { restarted, ...cursor } = from;
  return typeof restarted === 'number' && Number.isSafeInteger(restarted) && restarted > 0
    ? { times: restarted, cursor }
    : { times: 0, cursor: from };
}

/**
 * Restarts a listing within its run when the vendor no longer accepts its cursor: vendors expire cursors after some
 * minutes, or during an update. The cursors of a restarted listing have a mark, so that its pages get their own entries in
 * the ledger and repeated rows are recognised.
 */
export const restarts = {
  /** Whether to restart: only if the vendor rejected a position that the vendor itself had returned. */
  helps(error: unknown, advanced: boolean, times: number): boolean {
    if (!(error instanceof Failure) || error.kind !== 'cursor-expired' || error.details.status === undefined)
      return false;
    if (!advanced) return false;
    if (times < MOST_RESTARTS) return true;
    error.message += `, after ${times} restarts of the listing`;
    return false;
  },
  mark(page: FetchedPage, times: number, warnings: string[]): FetchedPage {
    const all = [...warnings, ...(page.warnings ?? [])];
    return {
      ...page,
      cursor: marked(page.cursor, times),
      next: page.next && marked(page.next, times),
      ...(all.length > 0 && { warnings: all }),
    };
  },
  warning: (times: number): string =>
    `The vendor rejected the cursor as expired: the listing restarted (${times} of ${MOST_RESTARTS} times)`,
};

const marked = (cursor: Cursor, times: number): Cursor => (times === 0 ? cursor : { ...cursor, restarted: times });
