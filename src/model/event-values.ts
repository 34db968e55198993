import { RecordRejected } from './source.js';
import { exactInteger } from './event-fields.js';
import { LongInteger } from './exact-json.js';
import type { EventObservation } from './observations.js';

const MOST_ID = 512;
const MOST_CATEGORY = 256;
const LEAST_LONG = -(2n ** 63n);
const MOST_LONG = 2n ** 63n - 1n;

/** Converts an event's id to the form that is compared and stored: integers beyond 2^53 as `bigint`. Throws `RecordRejected`. */
export function eventIdOf(id: unknown): EventObservation['id'] {
  if (id === undefined) throw new RecordRejected('id is missing');
  if (id instanceof LongInteger) throw new RecordRejected('id is a number of more than 64 bits');
  if (typeof id === 'bigint') {
    if (id < LEAST_LONG || id > MOST_LONG) throw new RecordRejected('id is a number of more than 64 bits');
    return Number.isSafeInteger(Number(id)) ? Number(id) : id;
  }
  if (typeof id === 'number') {
    if (!Number.isFinite(id)) throw new RecordRejected('id is not a finite number');
    if (id === 0) return 0;
    const exact = exactInteger(id);
    // A double beyond 64 bits stays a double, because no 64-bit integer equals it.
    return typeof exact === 'bigint' && (exact < LEAST_LONG || exact > MOST_LONG) ? id : exact;
  }
  if (typeof id !== 'string') throw new RecordRejected('id is neither text nor a number');
  return checked('id', id, MOST_ID);
}

/** Checks an event's category. Throws `RecordRejected`. */
export function categoryOf(category: unknown): string {
  if (category === undefined) throw new RecordRejected('category is missing');
  if (typeof category !== 'string') throw new RecordRejected('category is not text');
  return checked('category', category, MOST_CATEGORY);
}

function checked(field: string, text: string, most: number): string {
  if (text === '') throw new RecordRejected(`${field} is empty`);
  if (text.length > most) throw new RecordRejected(`${field} is longer than ${most} characters`);
  // MongoDB stores UTF-8, which cannot encode lone surrogates: two different texts could become the same.
  if (/\p{Surrogate}/u.test(text))
    throw new RecordRejected(`${field} contains an incomplete character (lone surrogate)`);
  return text;
}

/** Checks an event's value. Throws `RecordRejected`. */
export function valueOf(value: unknown): number {
  if (value === undefined) throw new RecordRejected('value is missing');
  if (typeof value === 'bigint' || value instanceof LongInteger)
    throw new RecordRejected('value is a number beyond 2^53');
  if (typeof value !== 'number') throw new RecordRejected('value is not a number');
  if (!Number.isFinite(value)) throw new RecordRejected('value is not a finite number');
  return value === 0 ? 0 : value;
}
