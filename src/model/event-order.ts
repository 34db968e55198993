import type { EventObservation } from './observations.js';

export type EventId = EventObservation['id'];

const isSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xe000;
const isLeading = (unit: number) => unit >= 0xd800 && unit < 0xdc00;

/** Compares by Unicode code point. JavaScript compares by UTF-16 unit, which puts U+1F600 before U+FF01. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    if (!isSurrogate(left) && !isSurrogate(right)) return left - right;
    // The differing units may be trailing surrogates: compare from the leading one.
    const start = at > 0 && isLeading(a.charCodeAt(at - 1)) ? at - 1 : at;
    return a.codePointAt(start)! - b.codePointAt(start)! || a.codePointAt(at)! - b.codePointAt(at)!;
  }
  return a.length - b.length;
}

/**
 * Compares ids as MongoDB does: numbers before text. Numbers are compared by value, even a `number` with a `bigint`. Text is
 * compared by code point, which is the order of its UTF-8 bytes.
 */
export function compareIds(a: EventId, b: EventId): number {
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : 1;
  if (typeof b === 'string') return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}
