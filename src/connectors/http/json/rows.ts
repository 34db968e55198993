import type { Row } from '../../../model/source.js';
import { MAX_DEPTH, type Elements } from './scan.js';

const NUMBER = /^-?(?:0|[1-9]\d*)(\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Whether a double would silently change this number: integers beyond 2^53, and numbers that overflow to infinity. */
function losesDigits(token: string): boolean {
  // Checked first, because `Number` takes long for an integer with millions of digits.
  if (token.length > 400 && /^-?[1-9]\d*$/.test(token)) return true;
  const match = NUMBER.exec(token);
  if (!match) return false;
  const value = Number(token);
  return !Number.isFinite(value) || (/^-?\d+$/.test(token) && !Number.isSafeInteger(value));
}

/** Parses one JSON text; an integer beyond 2^53 is returned as text. */
export function parseExact(text: string): unknown {
  return losesDigits(text) ? text : (JSON.parse(text) as unknown);
}

/**
 * Quotes every number of a record that a double would change. This allows the use of `JSON.parse`: a lossless parser takes
 * four times as long.
 */
function quoteUnsafe(body: Buffer, start: number, end: number, numbers: number[], first: number): string {
  let text = '';
  let from = start;
  for (let index = first; index < numbers.length && numbers[index]! < end; index += 2) {
    const token = body.toString('latin1', numbers[index], numbers[index + 1]);
    if (!losesDigits(token)) continue;
    text += `${body.toString('utf8', from, numbers[index])}"${token}"`;
    from = numbers[index + 1]!;
  }
  return text + body.toString('utf8', from, end);
}

/** Removes a record's wrapper, as `{HostAsset: {…}}`. */
function unwrap(value: unknown, wrapper: string | undefined): unknown {
  if (wrapper === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, wrapper))
    return value;
  return (value as Record<string, unknown>)[wrapper];
}

/**
 * Parses the records one by one from `first` on, in constant memory. A malformed record makes only its own row an error
 * row.
 */
export function* jsonRows(body: Buffer, found: Elements, wrapper?: string, first = 0): Generator<Row> {
  const { starts, ends, numbers, deep } = found;
  let number = 0;
  for (let index = first; index < starts.length; index++) {
    const offset = starts[index]!;
    const end = ends[index]!;
    const length = end - offset;
    while (number < numbers.length && numbers[number]! < offset) number += 2;
    if (deep.has(index)) {
      yield { index, offset, length, error: `Nested deeper than ${MAX_DEPTH} levels` };
      continue;
    }
    let row: Row;
    try {
      const exact = number < numbers.length && numbers[number]! < end;
      const text = exact ? quoteUnsafe(body, offset, end, numbers, number) : body.toString('utf8', offset, end);
      row = { index, offset, length, value: unwrap(JSON.parse(text), wrapper) };
    } catch {
      row = { index, offset, length, error: 'Not valid JSON' };
    }
    yield row;
  }
}
