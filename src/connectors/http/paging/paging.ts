import { Failure } from '../../../failure.js';
import type { Cursor } from '../../../sources/source.js';
import type { Reading } from '../envelope.js';

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
  /** Something a user should hear about this page. */
  warning?(position: Position, page: Reading & { rows: number }): string | undefined;
}

/** For `smaller`: an answer over the cap may be far over it, and each one that is given up was downloaded for nothing. */
export function quarter(limit: number): number {
  return Math.max(1, Math.floor(limit / 4));
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
