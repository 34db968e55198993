import { Malformed } from '../errors/malformed.js';

/** Maximum nesting of a record; deeper records become error rows, because later code recurses over records. */
export const MAX_DEPTH = 100;

/** Byte ranges of a page's records, and which of them need special parsing. */
export class Elements {
  readonly starts: number[] = [];
  /** Exclusive. */
  readonly ends: number[] = [];
  /** Indexes of the records that are nested deeper than `MAX_DEPTH`. */
  readonly deep = new Set<number>();
  /** Start and end of the numbers that a double may not represent exactly, flat and ascending. */
  readonly numbers: number[] = [];

  get count(): number {
    return this.starts.length;
  }

  add(start: number, end: number, depth: number): void {
    if (depth > MAX_DEPTH) this.deep.add(this.starts.length);
    this.starts.push(start);
    this.ends.push(end);
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Numbers of fewer characters always fit a double: 2^53 has sixteen digits. */
const LONG_NUMBER = 16;

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export function afterSpace(body: Buffer, from: number): number {
  let at = from;
  while (isSpace(body[at])) at++;
  return at;
}

/** Returns the byte after the string that begins at `start`. `indexOf` is much faster here than a loop. */
export function afterString(body: Buffer, start: number): number {
  let at = start;
  for (;;) {
    at = body.indexOf(QUOTE, at + 1);
    if (at < 0) throw new Malformed(`ends inside a text that begins at byte ${start}`);
    let before = at - 1;
    while (body[before] === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at + 1;
  }
}

/** Returns the byte after the value that begins at `from`. */
export function afterValue(body: Buffer, from: number): number {
  let depth = 0;
  let at = from;
  while (at < body.length) {
    const byte = body[at]!;
    if (byte === QUOTE) {
      at = afterString(body, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) break;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) break;
    at++;
  }
  if (depth > 0) throw new Malformed(`ends early at byte ${at}`);
  if (at === from) throw new Malformed(`has no value where one belongs at byte ${from}`);
  return at;
}

/** Returns the byte after a number, and stores the number's range if a double may not represent the number exactly. */
function afterNumber(body: Buffer, from: number, numbers: number[]): number {
  let exponent = false;
  let at = from + 1;
  for (; at < body.length; at++) {
    const byte = body[at]!;
    if (byte >= ZERO && byte <= NINE) continue;
    if (byte === 0x65 || byte === 0x45) exponent = true;
    else if (byte !== 0x2e && !(exponent && (byte === 0x2b || byte === MINUS))) break;
  }
  if (exponent || at - from >= LONG_NUMBER) numbers.push(body[from - 1] === MINUS ? from - 1 : from, at);
  return at;
}

/**
 * Scans a list's contents (`from` is the byte after its bracket) or, with `single`, one object (`from` is its brace), and
 * returns the byte after it. Everything between two commas is one record, so that invalid text affects that record only.
 */
export function scanRecords(body: Buffer, from: number, found: Elements, single = false): number {
  let depth = 0;
  let deepest = 0;
  let start = from;
  let at = from;
  const { length } = body;
  while (at < length) {
    const byte = body[at]!;
    if (byte === QUOTE) {
      at = afterString(body, at);
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth === 0) {
        if (byte === CLOSE_OBJECT) throw new Malformed(`closes its list of records wrongly at byte ${at}`);
        start = afterSpace(body, start);
        if (found.count > 0 || start < at) found.add(start, beforeSpace(body, start, at), deepest);
        return at + 1;
      }
      if (--depth === 0 && single) {
        found.add(start, at + 1, deepest);
        return at + 1;
      }
    } else if (byte === COMMA && depth === 0) {
      start = afterSpace(body, start);
      found.add(start, beforeSpace(body, start, at), deepest);
      start = at + 1;
      deepest = 0;
    } else if (byte >= ZERO && byte <= NINE) {
      at = afterNumber(body, at, found.numbers);
      continue;
    }
    at++;
  }
  throw new Malformed(`ends inside its records at byte ${length}`);
}

function beforeSpace(body: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(body[at - 1])) at--;
  return at;
}
