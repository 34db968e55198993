import { quarter, wholeNumber, type EndOfData, type Paging } from './paging.js';

/** Page number and page size. */
export type PageNumberPosition = { page: number; limit: number };

interface PageNumberOptions {
  limit: number;
  /** Number of the first page. Default: 1. */
  first?: number;
  concurrency?: number;
  /** For an API that responds with an error past its last page. */
  end?: EndOfData;
}

/** Pagination by page number. Ends at an empty page or at the declared end of data. */
export function pageNumber({ limit, first = 1, concurrency = 1, end }: PageNumberOptions): Paging<PageNumberPosition> {
  const following = ({ page, limit }: PageNumberPosition) => ({ page: page + 1, limit });
  return {
    concurrency,
    ...(end && { end }),
    start: () => ({ page: first, limit }),
    resume: (cursor) => ({
      page: cursor['page'] === undefined ? first : wholeNumber(cursor, 'page', first),
      limit: wholeNumber(cursor, 'limit', 1),
    }),
    next: (position, { rows }) => (rows === 0 ? null : following(position)),
    ahead: following,
    doubt: (_position, { rows }) => (rows > 0 ? 'rows-may-shift' : undefined),
    // A smaller page size changes the page numbers, so it is possible only if it divides the number of rows before this
    // page.
    smaller({ page, limit }) {
      const smaller = quarter(limit);
      const before = (page - first) * limit;
      return limit === 1 || before % smaller !== 0 ? null : { page: first + before / smaller, limit: smaller };
    },
  };
}
