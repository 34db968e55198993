import { Failure } from '../../model/failure.js';
import type { Cursor, FetchedPage } from '../../model/source.js';

/** Times that one listing begins anew after its vendor has refused a cursor, in one run. */
const MOST_RESTARTS = 3;

/** A cursor without the mark of how often its listing began anew, and that number. */
export interface Restart {
  times: number;
  cursor: Cursor | null;
}

/** Takes the mark off a cursor as `restarts.mark` put it on. */
export function restartable(from: Cursor | null): Restart {
  if (from === null) return { times: 0, cursor: null };
  const { restarted, ...cursor } = from;
  return typeof restarted === 'number' && Number.isSafeInteger(restarted) && restarted > 0
    ? { times: restarted, cursor }
    : { times: 0, cursor: from };
}

/**
 * A vendor forgets cursors: after some minutes, or when it is updated. The listing then begins anew within its run, under
 * cursors with a mark, so that its pages have entries of their own in the ledger and their rows are known to have come before.
 */
export const restarts = {
  /** Whether to begin anew: only where a position that the vendor itself gave was refused by it. */
  helps(error: unknown, walked: boolean, times: number): boolean {
    if (!(error instanceof Failure) || error.kind !== 'cursor-expired' || error.details.status === undefined)
      return false;
    if (!walked) return false;
    if (times < MOST_RESTARTS) return true;
    error.message += `, after the listing had begun anew ${times} times`;
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
    `The vendor refused the cursor as expired: the listing began anew (${times} of ${MOST_RESTARTS} times)`,
};

const marked = (cursor: Cursor, times: number): Cursor => (times === 0 ? cursor : { ...cursor, restarted: times });
