import { randomUUID } from 'node:crypto';

/** 2^53 has sixteen digits. */
const LONG_NUMBER = /\d{16}/;
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const INTEGER = /^-?\d+$/;
/** Cannot be guessed, so no text of a line is ever taken for a number. */
const MARK = `${randomUUID()}:`;

/** Parses one JSON text; an integer beyond 2^53 becomes a `bigint`. Only such a text is parsed twice. */
export function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!LONG_NUMBER.test(text)) return value;
  let found = false;
  // The text is valid: quotes stand where JSON has them, and a number can be nothing else.
  const marked = text.replace(TOKENS, (token) => {
    if (!INTEGER.test(token) || Number.isSafeInteger(Number(token))) return token;
    found = true;
    return `"${MARK}${token}"`;
  });
  return found ? JSON.parse(marked, unmark) : value;
}

const unmark = (_key: string, value: unknown): unknown =>
  typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value;
