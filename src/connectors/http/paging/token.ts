import { Failure } from '../../../model/failure.js';
import type { PageDoubt } from '../../../model/source.js';
import {
  emptyInRow,
  emptyOf,
  foreignCursor,
  nextText,
  quarter,
  announcesMore,
  wholeNumber,
  type Paging,
} from './paging.js';

/**
 * The vendor's opaque token for this page; absent for the first page. `empty`: number of consecutive empty pages before
 * this page.
 */
export type TokenPosition = { limit: number; token?: string; empty?: number };

/** How a page announces the next page (by a token or by an address) and the end of the listing. */
export interface NextOptions {
  limit: number;
  /** The envelope's value with the next page's token or address. */
  next: string;
  /**
   * The envelope's value that states whether there is a next page, for vendors that return a token on the last page too
   * (GraphQL).
   */
  more?: string;
  /**
   * The vendor omits `next` if a listing fits into one page, instead of sending `null`. Declare `omitted` only after
   * `sources check` has found `next` on a page. Without `omitted`, a listing is in doubt if no page contains `next`.
   */
  omitted?: boolean;
  /** The vendor returns a token after the last record too, and an empty page marks the end. */
  endsEmpty?: boolean;
}

/** Pagination by token: each page contains the next page's opaque token. Ends when the token is absent, `null` or empty. */
export function token(options: NextOptions): Paging<TokenPosition> {
  const { limit } = options;
  return {
    ...nextRules(options),
    concurrency: 1,
    start: () => ({ limit }),
    resume(cursor) {
      const token = cursor['token'];
      if (token !== undefined && typeof token !== 'string') throw foreignCursor('token');
      return { limit: wholeNumber(cursor, 'limit', 1), ...(token !== undefined && { token }), ...emptyOf(cursor) };
    },
    next({ limit, token, empty }, { rows, values }) {
      const following = nextOf(options, values, rows, 'token');
      // If an empty page names itself as the next page, the listing ends with a doubt.
      if (following === undefined || (following === token && rows === 0)) return null;
      if (following === token) throw new Failure('listing-loops', 'The next page has the same token as this one');
      return { limit, token: following, ...emptyInRow(empty, rows) };
    },
    smaller: ({ limit, ...rest }) => (limit === 1 ? null : { limit: quarter(limit), ...rest }),
  };
}

/** The next page's token or address; `undefined` at the end. */
export function nextOf(
  { next, more, endsEmpty }: NextOptions,
  values: Record<string, unknown>,
  rows: number,
  what: string,
): string | undefined {
  if (more !== undefined && !announcesMore(values, more)) return undefined;
  if (endsEmpty && rows === 0) return undefined;
  return nextText(values[next], what);
}

type Ended = { rows: number; values: Record<string, unknown> };
type First = { limit: number; token?: string; link?: string };

/** The values that a page must contain, and the doubts about the end of the listing. */
export function nextRules({ next, more, omitted, endsEmpty }: NextOptions) {
  return {
    needs({ limit }: First, rows: number): string[] {
      const declared = more === undefined ? [] : [more];
      return omitted && rows < limit ? declared : [next, ...declared];
    },
    doubt({ limit, token, link }: First, { rows, values }: Ended, following: unknown): PageDoubt | undefined {
      if (rows === 0 && following === null && !endsEmpty && nextText(values[next], 'place')) return 'empty-page';
      const only = token === undefined && link === undefined && following === null;
      // If the vendor explicitly states that no page follows, a full page raises no doubt.
      return only && more === undefined && rows === limit ? 'full-page' : undefined;
    },
  };
}
