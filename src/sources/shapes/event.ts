import type { EventObservation } from '../../datasets/types.js';
import { RecordRejected, type Mapped } from '../source.js';
import { isRaw } from './raw.js';

const MOST_ID = 512;
const MOST_CATEGORY = 256;
const LEAST_LONG = -(2n ** 63n);
const MOST_LONG = 2n ** 63n - 1n;

/**
 * A line of an event log: `{"id", "category", "value"}`, and whatever else it holds. An id is text or a number (an integer
 * beyond 2^53 up to 64 bits), a category text, a value a number. Throws `RecordRejected`.
 */
export function mapEvent(raw: unknown): Mapped<'events'> {
  if (!isRaw(raw)) throw new RecordRejected('record is not an object');
  const { id, category, value, ...more } = raw;
  const observation: EventObservation = { id: idOf(id), category: categoryOf(category), value: valueOf(value) };
  if (Object.keys(more).length > 0) observation.more = more;
  return { id: String(observation.id), observation };
}

function idOf(id: unknown): EventObservation['id'] {
  if (id === undefined) throw new RecordRejected('id is missing');
  if (typeof id === 'bigint') {
    if (id < LEAST_LONG || id > MOST_LONG) throw new RecordRejected('id is a number of more than 64 bits');
    return id;
  }
  if (typeof id === 'number') {
    if (!Number.isFinite(id)) throw new RecordRejected('id is a number without an end');
    return id === 0 ? 0 : id;
  }
  if (typeof id !== 'string') throw new RecordRejected('id is neither text nor a number');
  return checked('id', id, MOST_ID);
}

function categoryOf(category: unknown): string {
  if (category === undefined) throw new RecordRejected('category is missing');
  if (typeof category !== 'string') throw new RecordRejected('category is not text');
  return checked('category', category, MOST_CATEGORY);
}

function checked(field: string, text: string, most: number): string {
  if (text === '') throw new RecordRejected(`${field} is empty`);
  if (text.length > most) throw new RecordRejected(`${field} is longer than ${most} characters`);
  // MongoDB stores UTF-8, which has no lone surrogates: two such texts could become one.
  if (/\p{Surrogate}/u.test(text)) throw new RecordRejected(`${field} holds half a character`);
  return text;
}

function valueOf(value: unknown): number {
  if (value === undefined) throw new RecordRejected('value is missing');
  if (typeof value === 'bigint') throw new RecordRejected('value is a number beyond 2^53');
  if (typeof value !== 'number') throw new RecordRejected('value is not a number');
  if (!Number.isFinite(value)) throw new RecordRejected('value is a number without an end');
  return value === 0 ? 0 : value;
}
