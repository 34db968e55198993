import { Failure } from '../../../model/failure.js';
import { emptyInRow, emptyOf, foreignCursor, quarter, announcesMore, wholeNumber, type Paging } from './paging.js';

/** Position of a page of records with an id greater than `after`. `after` is text, because ids may exceed a double. */
export type KeysetPosition = { limit: number; after?: string; empty?: number };

interface KeysetOptions {
  limit: number;
  /** The envelope's value that states whether more records follow: text (`"true"`), boolean, or 0 and 1. */
  more: string;
  /** The envelope's value that contains the last id of the page. */
  last: string;
  /** Returns a record's id, for pages that announce more records without the last id. */
  idOf: (record: unknown) => unknown;
}

/**
 * Pagination by id: each request asks for ids greater than the last one. Ends when a page states that no more records
 * follow.
 */
export function keyset({ limit, more, last, idOf }: KeysetOptions): Paging<KeysetPosition> {
  return {
    concurrency: 1,
    start: () => ({ limit }),
    resume(cursor) {
      const after = cursor['after'];
      if (after !== undefined && typeof after !== 'string') throw foreignCursor('after');
      return { limit: wholeNumber(cursor, 'limit', 1), ...(after !== undefined && { after }), ...emptyOf(cursor) };
    },
    needs: () => [more],
    next({ limit, after, empty }, page) {
      if (!announcesMore(page.values, more)) return null;
      const id = idText(page.values[last]) ?? idText(idOf(page.last()));
      if (id === undefined)
        throw new Failure('response-mismatch', 'The page announces more records but contains no last id');
      if (after !== undefined && !isGreater(id, after)) {
        throw new Failure(
          'listing-loops',
          'The last id of the page is not greater than the id after which the page starts',
        );
      }
      return { limit, after: id, ...emptyInRow(empty, page.rows) };
    },
    smaller: ({ limit, ...rest }) => (limit === 1 ? null : { limit: quarter(limit), ...rest }),
  };
}

/** An id as text; `undefined` unless it is a number or non-empty text. */
function idText(id: unknown): string | undefined {
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? String(id) : undefined;
}

const isWhole = (id: string) => /^\d+$/.test(id);

function isGreater(id: string, than: string): boolean {
  return isWhole(id) && isWhole(than) ? BigInt(id) > BigInt(than) : id > than;
}
