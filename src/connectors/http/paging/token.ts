import { Failure } from '../../../failure.js';
import { foreignCursor, quarter, wholeNumber, type Paging } from './paging.js';

/** The vendor's opaque token for this page; the first page has none. */
export type TokenPosition = { limit: number; token?: string };

interface TokenOptions {
  limit: number;
  /** The envelope's value that holds the token of the next page. */
  next: string;
}

/** An opaque token from each page asks for the next. Ends when the token is absent, `null` or empty, and at an empty page. */
export function token({ limit, next }: TokenOptions): Paging<TokenPosition> {
  return {
    concurrency: 1,
    start: () => ({ limit }),
    resume(cursor) {
      const token = cursor['token'];
      if (token !== undefined && typeof token !== 'string') throw foreignCursor('token');
      return { limit: wholeNumber(cursor, 'limit', 1), ...(token !== undefined && { token }) };
    },
    next({ limit, token }, { rows, values }) {
      const following = values[next];
      if (following === undefined || following === null || following === '' || rows === 0) return null;
      if (typeof following !== 'string' && typeof following !== 'number') {
        throw new Failure('response-mismatch', 'The token of the next page is neither text nor a number');
      }
      if (String(following) === token) {
        throw new Failure('listing-loops', 'The listing answers with the token of the page that it was just asked for');
      }
      return { limit, token: String(following) };
    },
    smaller: ({ limit, token }) =>
      limit === 1 ? null : { limit: quarter(limit), ...(token !== undefined && { token }) },
  };
}
