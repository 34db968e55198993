import { isUtf8 } from 'node:buffer';
import { MAX_DEPTH } from '../http/json/scan.js';
import { parseExactly } from '../../model/exact-json.js';

/** A parsed line, or why it cannot be parsed. */
export type Parsed = { value: unknown; error?: undefined } | { value?: undefined; error: string };

const NOT_UTF8 = { error: 'the line is not valid UTF-8' };
const NOT_JSON = { error: 'the line is not JSON' };
export const NULS = { error: 'the line holds NUL bytes' };
const DEEP = { error: `the line is nested deeper than ${MAX_DEPTH} levels` };

/** Parses the line from `start` to `end`. `checked`: all of `body` is known to be valid UTF-8. */
export function parseLine(body: Buffer, start: number, end: number, checked = false): Parsed {
  const bytes = () => body.subarray(start, end);
  if (!checked && !isUtf8(bytes())) return bytes().includes(0) ? NULS : NOT_UTF8;
  try {
    const value = parseExactly(body.toString('utf8', start, end));
    return end - start > 2 * MAX_DEPTH && mayBeDeep(body, start, end) && isDeep(value, MAX_DEPTH) ? DEEP : { value };
  } catch {
    return bytes().includes(0) ? NULS : NOT_JSON;
  }
}

/** Whether the line has more than `MAX_DEPTH` opening brackets; if not, it cannot be nested too deep. */
function mayBeDeep(body: Buffer, start: number, end: number): boolean {
  let opened = 0;
  for (let at = start; at < end; at++) {
    // `[` and `{` differ in this one bit.
    if ((body[at]! | 0x20) === 0x7b && ++opened > MAX_DEPTH) return true;
  }
  return false;
}

function isDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => isDeep(inner, left - 1));
}
