import { Failure } from '../../../model/failure.js';
import type { RequestTemplate } from '../request.js';
import { emptyInRow, emptyOf, foreignCursor, quarter, wholeNumber, type Paging } from './paging.js';
import { nextOf, nextRules, type NextOptions } from './token.js';

/** The address of this page from the previous page; absent for the first page. */
export type LinkPosition = { limit: number; link?: string; empty?: number };

/**
 * Pagination by address: each page contains the next page's address, in its body or in a `Link` header (`values: { next: {
 * link: 'next' } }`). The address is requested unchanged, with the headers of the first request, and only below the source's
 * base URL: credentials are not sent to another host. Ends when there is no address.
 */
export function link(options: NextOptions): Paging<LinkPosition> {
  const { limit, next } = options;
  return {
    ...nextRules(options),
    concurrency: 1,
    link: next,
    start: () => ({ limit }),
    resume(cursor) {
      const link = cursor['link'];
      if (link !== undefined && typeof link !== 'string') throw foreignCursor('link');
      return { limit: wholeNumber(cursor, 'limit', 1), ...(link !== undefined && { link }), ...emptyOf(cursor) };
    },
    next({ limit, link, empty }, { rows, values }) {
      const following = nextOf(options, values, rows, 'address');
      if (following === undefined || (following === link && rows === 0)) return null;
      if (following === link) throw new Failure('listing-loops', 'The next page has the same address as this one');
      return { limit, link: following, ...emptyInRow(empty, rows) };
    },
    request: ({ link }, base) => (link === undefined ? undefined : follow(link, base)),
    smaller: ({ limit, link, ...rest }) =>
      limit === 1 || link !== undefined ? null : { limit: quarter(limit), ...rest },
  };
}

/** Builds the request for a vendor's address below `base`. Throws `Failure('redirect-refused')` for any other address. */
export function follow(link: string, base: URL): RequestTemplate {
  const next = URL.canParse(link, base.href) ? new URL(link, base) : undefined;
  const root = base.pathname.replace(/\/+$/, '');
  if (!next) throw new Failure('response-mismatch', 'The address of the next page is not a URL');
  if (next.origin !== base.origin || !next.pathname.startsWith(`${root}/`)) {
    const where = next.origin === base.origin ? `${next.host} outside ${root}/` : `${next.protocol}//${next.host}`;
    throw new Failure(
      'redirect-refused',
      `The address of the next page leads to ${where}, which is not below the base URL`,
    );
  }
  // The query stays unchanged: it may repeat a key, and vendors differ in encoding.
  return { method: 'GET', path: next.pathname.slice(root.length) + next.search };
}
