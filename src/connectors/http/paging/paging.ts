import { Failure } from '../../../model/failure.js';
import type { Cursor, PageDoubt } from '../../../model/source.js';
import type { Reading, Values } from '../envelope.js';
import type { RequestTemplate } from '../request.js';

/** An error answer that is the vendor's way to say that the listing has ended. Status and text must both agree. */
export interface EndOfData {
  status: number;
  text: string;
}

/**
 * How a listing is walked. A position is the plain JSON of one request: it is the page's cursor, holds all that is needed
 * to ask for that page again, and is what a source's request template is filled from.
 */
export interface Paging<Position extends Cursor> {
  /** Pages that may be in flight at once. */
  concurrency: number;
  start(): Position;
  /** A cursor as a position; throws `Failure('cursor-expired')` for one that this strategy did not make. */
  resume(cursor: Cursor): Position;
  /** Where to go on after a page; `null` at the end. Throws `Failure('listing-loops')` when the vendor does not advance. */
  next(position: Position, page: Reading & { rows: number }): Position | null;
  /** The position after `position` without having seen its page, or `null` when that cannot be known. */
  ahead?(position: Position): Position | null;
  /** The error answer that ends the listing. */
  end?: EndOfData;
  /** Where to go on after that answer: a smaller page for what is left, or `null`. */
  afterEnd?(position: Position): Position | null;
  /** The same place with a smaller page, for an answer over the byte cap; `null` when it cannot be smaller. */
  smaller?(position: Position): Position | null;
  /** Asks for a position in place of the source's own template, where the vendor has said how. Throws `Failure`. */
  request?(position: Position, base: URL): RequestTemplate | undefined;
  /** The value that holds an address, which may be relative to the one that was asked. */
  link?: string;
  /** Names of the values without which it is not known how this page goes on: a listing in which one is never found is in doubt. */
  needs?(position: Position, rows: number): string[];
  /** What this page, although it is well-formed, leaves in doubt about the listing. */
  doubt?(position: Position, page: Reading & { rows: number }, next: Position | null): PageDoubt | undefined;
  /** Something a user should hear about this page. */
  warning?(position: Position, page: Reading & { rows: number }): string | undefined;
}

/** For `smaller`: an answer over the cap may be far over it, and each one that is given up was downloaded for nothing. */
export function quarter(limit: number): number {
  return Math.max(1, Math.floor(limit / 4));
}

/** Empty pages in a row, each with a way to go on, after which a listing is held to have no end. */
export const MOST_EMPTY = 100;

/** Counts empty pages in a row, for the next position. Throws `Failure('listing-loops')` when there are too many. */
export function emptyInRow(empty: number | undefined, rows: number): { empty?: number } {
  if (rows > 0) return {};
  const count = (empty ?? 0) + 1;
  if (count >= MOST_EMPTY)
    throw new Failure('listing-loops', `The listing answers with empty pages and goes on: ${count} in a row`);
  return { empty: count };
}

/** For `resume`: that count. */
export function emptyOf(cursor: Cursor): { empty?: number } {
  return cursor['empty'] === undefined ? {} : { empty: wholeNumber(cursor, 'empty', 1) };
}

/** Whether a value that tells of more says yes; as text (`"true"`), boolean or 0 and 1. Throws `Failure`. */
export function saysMore(values: Values, name: string): boolean {
  const value = values[name];
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === true || word === 'true' || word === 1 || word === '1') return true;
  if ([undefined, null, false, 'false', 0, '0', ''].includes(word as null)) return false;
  throw new Failure('response-mismatch', 'The value that says whether there is more is neither true nor false');
}

/** The text of a value that says where to go on; `undefined` where it says nothing. Throws `Failure`. */
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
