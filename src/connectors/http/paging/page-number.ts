import { quarter, wholeNumber, type EndOfData, type Paging } from './paging.js';

/** The number of a page, and how many records one is to hold. */
export type PageNumberPosition = { page: number; limit: number };

interface PageNumberOptions {
  limit: number;
  /** Number of the first page: 1 unless told. */
  first?: number;
  concurrency?: number;
  /** An API that answers an error past its last page. */
  end?: EndOfData;
}

/** Numbered pages, which the vendor cuts. Ends at an empty page or at the declared end of data. */
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
    // Elsewhere than at its beginning a smaller page has another number, which only fits where it divides the place.
    smaller({ page, limit }) {
      const smaller = quarter(limit);
      const before = (page - first) * limit;
      return limit === 1 || before % smaller !== 0 ? null : { page: first + before / smaller, limit: smaller };
    },
  };
}
