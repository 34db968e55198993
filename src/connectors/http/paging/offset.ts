import type { Cursor } from '../../../model/source.js';
import { foreignCursor, quarter, wholeNumber, type EndOfData, type Paging } from './paging.js';

/**
 * `skip` and `limit` of one request. After the vendor reports the end, the page size is reduced to find the remaining
 * records: `page` is then the original size, and `most` the maximum number of remaining records.
 */
export type OffsetPosition = { skip: number; limit: number; page?: number; most?: number };

interface OffsetOptions {
  limit: number;
  concurrency?: number;
  /**
   * For an API that rejects a page that reaches over the end of the data (`skip + limit > total`) instead of shortening it.
   */
  end?: EndOfData;
}

/**
 * Pagination by skip and limit. Ends at an empty page or at the declared end of data. If the API rejects a page that
 * reaches over the end, the paginator reads the remaining records by halving: first with limit 1 at the same position, then
 * with half of the records that may remain, in about log2(limit) requests. The listing ends only when a request with limit
 * 1 reports the end.
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
      // Advances by the rows received, not by the limit: if a vendor silently caps its pages, advancing by the limit would
      // skip rows.
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
        ? `Pages of ${page} reported the end of the listing too early: set a smaller page size`
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
