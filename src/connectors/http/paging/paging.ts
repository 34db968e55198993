import { Failure } from '../../../model/failure.js';
import type { Cursor, PageDoubt } from '../../../model/source.js';
import type { ParsedPage, Values } from '../envelope.js';
import type { RequestTemplate } from '../request.js';

/** An error response with which the vendor reports the end of the listing. Status and text must both match. */
export interface EndOfData {
  status: number;
  text: string;
}

/**
 * Pagination strategy. A position is plain JSON that describes one request. The position is stored as the page's cursor and is
 * enough to request the page again. The source builds its request from it.
 *
 * Each strategy is a file beside this one, and is exported by `../index.ts`. `sources new` offers those of
 * `cli/commands/sources/starter/choices.ts`, with the text of `starter/paging.ts`.
 */
export interface Paging<Position extends Cursor> {
  /** Maximum pages in flight. */
  concurrency: number;
  start(): Position;
  /** Converts a cursor to a position. Throws `Failure('cursor-expired')` for a cursor of another strategy. */
  resume(cursor: Cursor): Position;
  /** The position after a page; `null` at the end. Throws `Failure('listing-loops')` if the vendor does not advance. */
  next(position: Position, page: ParsedPage & { rows: number }): Position | null;
  /** The position after `position` without its page, for read-ahead; `null` if it depends on the page. */
  ahead?(position: Position): Position | null;
  /** The error response that ends the listing. */
  end?: EndOfData;
  /** The position after that error response: a smaller page for the remaining records, or `null`. */
  afterEnd?(position: Position): Position | null;
  /** The same position with a smaller page, for a response over the byte cap; `null` if it cannot be smaller. */
  smaller?(position: Position): Position | null;
  /**
   * If the vendor returned the request for a position: that request, which replaces the source's own template. Throws
   * `Failure`.
   */
  request?(position: Position, base: URL): RequestTemplate | undefined;
  /** Name of the value that contains an address, which may be relative to the request's URL. */
  link?: string;
  /**
   * Names of the values that determine the next page. If no page of a listing contains one of them, the listing is in
   * doubt.
   */
  needs?(position: Position, rows: number): string[];
  /** The doubt that a well-formed page raises about the listing. */
  doubt?(position: Position, page: ParsedPage & { rows: number }, next: Position | null): PageDoubt | undefined;
  /** A warning for the user about this page. */
  warning?(position: Position, page: ParsedPage & { rows: number }): string | undefined;
}

/**
 * For `smaller`: a quarter of the limit. A response may be far over the cap, and each response over the cap is downloaded
 * and then discarded.
 */
export function quarter(limit: number): number {
  return Math.max(1, Math.floor(limit / 4));
}

/** Consecutive empty pages, each with a next page, after which a listing counts as endless. */
export const MOST_EMPTY = 100;

/** Counts consecutive empty pages, for the next position. Throws `Failure('listing-loops')` at `MOST_EMPTY`. */
export function emptyInRow(empty: number | undefined, rows: number): { empty?: number } {
  if (rows > 0) return {};
  const count = (empty ?? 0) + 1;
  if (count >= MOST_EMPTY) throw new Failure('listing-loops', `The vendor returned ${count} empty pages in a row`);
  return { empty: count };
}

/** For `resume`: the count of consecutive empty pages in a cursor. */
export function emptyOf(cursor: Cursor): { empty?: number } {
  return cursor['empty'] === undefined ? {} : { empty: wholeNumber(cursor, 'empty', 1) };
}

/** Whether a value announces more records: text (`"true"`), boolean, or 0 and 1. Throws `Failure` for any other value. */
export function announcesMore(values: Values, name: string): boolean {
  const value = values[name];
  const normalized = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (normalized === true || normalized === 'true' || normalized === 1 || normalized === '1') return true;
  if ([undefined, null, false, 'false', 0, '0', ''].includes(normalized as null)) return false;
  throw new Failure('response-mismatch', 'The value that states whether more records follow is neither true nor false');
}

/** The text of a next-page value; `undefined` if it is absent or empty. Throws `Failure`. */
export function nextText(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Failure('response-mismatch', `The ${what} of the next page is neither text nor a number`);
}

/** For `resume`: the number at `key` of a cursor. */
export function wholeNumber(cursor: Cursor, key: string, least: number): number {
  const value = cursor[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) throw foreignCursor(key);
  return value;
}

export function foreignCursor(key: string): Failure {
  return new Failure('cursor-expired', `The stored cursor does not fit this source: ${key} is missing or malformed`);
}
