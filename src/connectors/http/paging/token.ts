import { Failure } from '../../../model/failure.js';
import type { PageDoubt } from '../../../model/source.js';
import { emptyInRow, emptyOf, foreignCursor, nextText, quarter, saysMore, wholeNumber, type Paging } from './paging.js';

/** The vendor's opaque token for this page; the first page has none. `empty`: how many pages in a row were empty before it. */
export type TokenPosition = { limit: number; token?: string; empty?: number };

/** How a listing that each page continues (by a token, or by an address) says where it goes on, and where it ends. */
export interface NextOptions {
  limit: number;
  /** The envelope's value that says where the next page is. */
  next: string;
  /** The envelope's value that says whether there is a next page, where the last page has a token as well (GraphQL). */
  more?: string;
  /**
   * The vendor leaves `next` out where a listing fits into one page, instead of sending `null`. Declare it only after
   * `sources check` has found `next` on a page: without it a listing in which `next` is never found is in doubt.
   */
  omitted?: boolean;
  /** The vendor goes on giving tokens after the last record, and an empty page is the end. */
  endsEmpty?: boolean;
}

/** An opaque token from each page asks for the next. Ends when the token is absent, `null` or empty. */
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
      // An empty page that names itself as the next one ends the listing, in doubt.
      if (following === undefined || (following === token && rows === 0)) return null;
      if (following === token)
        throw new Failure('listing-loops', 'The listing answers with the token of the page that it was just asked for');
      return { limit, token: following, ...emptyInRow(empty, rows) };
    },
    smaller: ({ limit, ...rest }) => (limit === 1 ? null : { limit: quarter(limit), ...rest }),
  };
}

/** Where a page says that the listing goes on. */
export function nextOf(
  { next, more, endsEmpty }: NextOptions,
  values: Record<string, unknown>,
  rows: number,
  what: string,
): string | undefined {
  if (more !== undefined && !saysMore(values, more)) return undefined;
  if (endsEmpty && rows === 0) return undefined;
  return nextText(values[next], what);
}

type Ended = { rows: number; values: Record<string, unknown> };
type First = { limit: number; token?: string; link?: string };

/** What has to be found, and what a first page without a next one leaves in doubt. */
export function nextRules({ next, more, omitted, endsEmpty }: NextOptions) {
  return {
    needs({ limit }: First, rows: number): string[] {
      const declared = more === undefined ? [] : [more];
      return omitted && rows < limit ? declared : [next, ...declared];
    },
    doubt({ limit, token, link }: First, { rows, values }: Ended, following: unknown): PageDoubt | undefined {
      if (rows === 0 && following === null && !endsEmpty && nextText(values[next], 'place')) return 'empty-page';
      const only = token === undefined && link === undefined && following === null;
      // Where the vendor says in a word that there is no more, a full page is no coincidence to wonder about.
      return only && more === undefined && rows === limit ? 'full-page' : undefined;
    },
  };
}
