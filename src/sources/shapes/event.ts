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
  if (id === '') throw new RecordRejected('id is empty');
  if (id.length > MOST_ID) throw new RecordRejected(`id is longer than ${MOST_ID} characters`);
  if (!isWhole(id)) throw new RecordRejected('id holds half a character');
  return id;
}

function categoryOf(category: unknown): string {
  if (category === undefined) throw new RecordRejected('category is missing');
  if (typeof category !== 'string') throw new RecordRejected('category is not text');
  if (category === '') throw new RecordRejected('category is empty');
  if (category.length > MOST_CATEGORY) throw new RecordRejected(`category is longer than ${MOST_CATEGORY} characters`);
  if (!isWhole(category)) throw new RecordRejected('category holds half a character');
  return category;
}

function valueOf(value: unknown): number {
  if (value === undefined) throw new RecordRejected('value is missing');
  if (typeof value === 'bigint') throw new RecordRejected('value is a number beyond 2^53');
  if (typeof value !== 'number') throw new RecordRejected('value is not a number');
  if (!Number.isFinite(value)) throw new RecordRejected('value is a number without an end');
  return value === 0 ? 0 : value;
}

/** MongoDB stores UTF-8, which has no lone surrogates: two such texts could become one. */
const isWhole = (text: string) => !/\p{Surrogate}/u.test(text);
