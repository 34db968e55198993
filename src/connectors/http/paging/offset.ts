import type { Cursor } from '../../../model/source.js';
import { foreignCursor, quarter, wholeNumber, type EndOfData, type Paging } from './paging.js';

/**
 * `skip` and `limit` of one request. After the end was announced the page shrinks to find what is left: `page` is then
 * the size before, and `most` how many records can still be left.
 */
export type OffsetPosition = { skip: number; limit: number; page?: number; most?: number };

interface OffsetOptions {
  limit: number;
  concurrency?: number;
  /** An API that refuses a page reaching over the end of the data (`skip + limit > total`) instead of shortening it. */
  end?: EndOfData;
}

/**
 * Skip and limit. Ends at an empty page or at the declared end of data. A page that reaches over the end is refused whole
 * there, so the tail is read by halving: limit 1 at the same place, then half of what can be left, in about log2(limit)
 * requests. The listing ends only when limit 1 was told that there is no more, whatever the page size.
 */
export function offset({ limit, concurrency = 1, end }: OffsetOptions): Paging<OffsetPosition> {
  const half = (skip: number, most: number, page: number): OffsetPosition => ({
    skip,
    limit: Math.ceil(most / 2),
    page,
    most,
  });
  return {
    concurrency,
    ...(end && { end }),
    start: () => ({ skip: 0, limit }),
    resume,
    next({ skip, limit, page, most }, { rows }) {
      if (rows === 0) return null;
      // After what came, not after what was asked for: a vendor may cap its pages in silence, and would lose the rest.
      if (page === undefined) return { skip: skip + rows, limit };
      if (most === undefined) return { skip: skip + rows, limit: page };
      const left = most - rows;
      return left > 0 ? half(skip + rows, left, page) : { skip: skip + rows, limit: 1, page };
    },
    doubt: (_position, { rows }) => (rows > 0 ? 'rows-may-shift' : undefined),
    ahead: ({ skip, limit, page }) => (page === undefined ? { skip: skip + limit, limit } : null),
    afterEnd({ skip, limit, page = limit, most }) {
      if (limit === 1) return null;
      return most === undefined ? { skip, limit: 1, page, most: limit - 1 } : half(skip, limit - 1, page);
    },
    smaller({ skip, limit, page }) {
      return limit === 1 || page !== undefined ? null : { skip, limit: quarter(limit) };
    },
    warning: ({ page, most }, { rows }) =>
      page !== undefined && most === undefined && rows > 0
        ? `Pages of ${page} were answered as if the listing had ended, but it goes on: set a smaller page size`
        : undefined,
  };
}

function resume(cursor: Cursor): OffsetPosition {
  const position: OffsetPosition = { skip: wholeNumber(cursor, 'skip', 0), limit: wholeNumber(cursor, 'limit', 1) };
  if (cursor['page'] !== undefined) position.page = wholeNumber(cursor, 'page', 1);
  if (cursor['most'] !== undefined) position.most = wholeNumber(cursor, 'most', 1);
  if (position.most !== undefined && position.page === undefined) throw foreignCursor('page');
  return position;
}
