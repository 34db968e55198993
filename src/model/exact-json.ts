import { randomUUID } from 'node:crypto';

/** Integers of more digits are kept as text: MongoDB has no type for them, and parsing millions of digits takes seconds. */
export const MOST_DIGITS = 34;

/** Finds numbers that may exceed 2^53, which has sixteen digits. */
const LONG_NUMBER = /\d{16}/;
const LONG_TOKEN = 16;
const PART_OF_NUMBER = /[\d.eE+-]/;
/** Prefix of marked numbers. It is random, so that no text of the input equals a marked number. */
const MARK = `${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');

/**
 * An integer of more than `MOST_DIGITS` digits, as text. It has the shape of a lossless-json number, which the helpers of
 * mappers read.
 */
export class LongInteger {
  readonly isLosslessNumber = true;
  constructor(readonly value: string) {}
}

/**
 * Parses one JSON text. An integer beyond 2^53 becomes a `bigint`, one of more than `MOST_DIGITS` digits a `LongInteger`. Uses
 * `JSON.parse` alone when the text has no long number. Throws the errors of `JSON.parse`.
 */
export function parseExactly(text: string): unknown {
  const tooLong: string[] = [];
  const marked = LONG_NUMBER.test(text) ? withMarks(text, tooLong) : undefined;
  if (marked === undefined) return JSON.parse(text) as unknown;
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
    const digits = value.slice(MARK.length);
    return digits.startsWith('#') ? new LongInteger(tooLong[Number(digits.slice(1))]!) : BigInt(digits);
  });
}

/** Formats a value as JSON with `bigint`s as numbers: the inverse of `parseExactly`. */
export function exactText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The value contains a `bigint`.
    return JSON.stringify(value, mark).replace(MARKED, '$1');
  }
}

const mark = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${MARK}${value}` : value);

const lengthOf = (token: string) => token.length - (token.startsWith('-') ? 1 : 0);

/**
 * Replaces each integer that a double cannot represent by a string that begins with `MARK`, and returns the text; `undefined`
 * if there is none. Integers of more than `MOST_DIGITS` digits are added to `tooLong`, and the string contains their index.
 */
function withMarks(text: string, tooLong: string[]): string | undefined {
  let marked = '';
  let from = 0;
  for (let at = 0; at < text.length;) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) at = afterString(text, at);
    else if (unit !== 0x2d && !isDigit(unit)) at += 1;
    else {
      const digits = afterDigits(text, at + 1);
      const end = afterNumber(text, digits);
      if (end === digits && end - at >= LONG_TOKEN && isMarked(text, at, end)) {
        const token = text.slice(at, end);
        const own = lengthOf(token) > MOST_DIGITS ? `#${tooLong.push(token) - 1}` : token;
        marked += `${text.slice(from, at)}"${MARK}${own}"`;
        from = end;
      }
      at = end;
    }
  }
  return from === 0 ? undefined : marked + text.slice(from);
}

const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;

function isMarked(text: string, start: number, end: number): boolean {
  const first = text.charCodeAt(start) === 0x2d ? start + 1 : start;
  // Invalid JSON must stay invalid: a number with a leading zero, or one used as a property name, is not put in quotes.
  if (text.charCodeAt(first) === 0x30 || /^\s*:/.test(text.slice(end, end + 64))) return false;
  return end - first > MOST_DIGITS || !Number.isSafeInteger(Number(text.slice(start, end)));
}

function afterDigits(text: string, start: number): number {
  let at = start;
  while (at < text.length && isDigit(text.charCodeAt(at))) at += 1;
  return at;
}

function afterNumber(text: string, start: number): number {
  let at = start;
  while (at < text.length && PART_OF_NUMBER.test(text[at]!)) at += 1;
  return at;
}

/** Returns the position after a string's closing quote. A regular expression overflows the stack on long text with escapes. */
function afterString(text: string, start: number): number {
  for (let at = start; ;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let before = at - 1;
    while (text.charCodeAt(before) === 0x5c) before -= 1;
    if ((at - before) % 2 === 1) return at + 1;
  }
}
