import { MOST_BSON_BYTES, bsonSize, toBson } from './exact-bson.js';
import { RecordRejected } from './source.js';
import { LongInteger, MOST_DIGITS } from './exact-json.js';
import type { Field, Fields } from './observations.js';

const DEEPEST = 100;
const MOST_NUMBER = 10n ** BigInt(MOST_DIGITS) - 1n;
/** Where a bound of the size is larger than this, the size itself is calculated. */
const CERTAINLY_FITS = 1024 * 1024;

/** What is found out about fields on the way. */
interface Walked {
  /** An upper bound of their size as BSON. */
  bytes: number;
}

/**
 * The further fields of an event in the one form that is stored, compared and delivered: plain JSON, integers beyond 2^53 as
 * `bigint`, halves of a surrogate pair as U+FFFD. The same object where nothing has to be changed. Throws `RecordRejected`
 * for what MongoDB cannot hold.
 */
export function storableFields(fields: Record<string, unknown>): Fields {
  const walked: Walked = { bytes: 0 };
  const rejected = (reason: string) => new RecordRejected(reason);
  const storable = objectOf(fields, 1, walked, rejected);
  if (walked.bytes > CERTAINLY_FITS && bsonSize(toBson(storable) as object) > MOST_BSON_BYTES)
    throw rejected('the record takes more than 16 MB in MongoDB');
  return storable;
}

type Reject = (reason: string) => RecordRejected;

/** `undefined` for what JSON leaves out. */
function fieldOf(value: unknown, depth: number, walked: Walked, reject: Reject): Field | undefined {
  walked.bytes += 16;
  switch (typeof value) {
    case 'string':
      walked.bytes += 3 * value.length;
      return wellFormed(value);
    case 'number':
      return numberOf(value, reject);
    case 'bigint':
      if (value > MOST_NUMBER || value < -MOST_NUMBER) throw tooLong(reject);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : compositeOf(value, depth, walked, reject);
    default:
      return undefined;
  }
}

function compositeOf(value: object, depth: number, walked: Walked, reject: Reject): Field | undefined {
  if (value instanceof LongInteger) throw tooLong(reject);
  if (depth === DEEPEST) throw reject(`the record is nested deeper than ${DEEPEST} levels`);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return fieldOf(toJSON.call(value), depth + 1, walked, reject);
  return Array.isArray(value)
    ? listOf(value, depth + 1, walked, reject)
    : objectOf(value as Record<string, unknown>, depth + 1, walked, reject);
}

function listOf(list: readonly unknown[], depth: number, walked: Walked, reject: Reject): Field[] {
  let copy: Field[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const field = fieldOf(list[at], depth, walked, reject) ?? null;
    if (field !== list[at]) (copy ??= [...(list as Field[])])[at] = field;
  }
  return copy ?? (list as Field[]);
}

function objectOf(object: Record<string, unknown>, depth: number, walked: Walked, reject: Reject): Fields {
  const keys = Object.keys(object);
  let kept: [string, Field][] | undefined;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    if (key.includes('\0')) throw reject('the name of a field holds a NUL character');
    walked.bytes += 3 * key.length;
    const name = wellFormed(key);
    const field = fieldOf(object[key], depth, walked, reject);
    if (field !== object[key] || name !== key)
      kept ??= keys.slice(0, at).map((before): [string, Field] => [before, object[before] as Field]);
    if (field !== undefined) kept?.push([name, field]);
  }
  if (!kept) return object as Fields;
  const copy = Object.fromEntries(kept);
  if (Object.keys(copy).length < kept.length)
    throw reject('two fields have names that differ in half a character only');
  return copy;
}

function numberOf(value: number, reject: Reject): Field {
  if (!Number.isFinite(value)) throw reject('a field holds a number without an end');
  if (value === 0) return 0;
  return exactInteger(value);
}

/** Integers beyond 2^53 have one form, however they were written: as MongoDB compares them, by value. */
export function exactInteger(value: number): number | bigint {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const text = String(value);
  return text.includes('e') ? value : BigInt(text);
}

/** Text without halves of a surrogate pair, which UTF-8 has no place for. */
const wellFormed = (text: string): string => (text as WellFormed).toWellFormed();

/** In Node since 20, in TypeScript's library of ES2024. */
type WellFormed = string & { toWellFormed(): string };

const tooLong = (reject: Reject) => reject(`a field holds a number of more than ${MOST_DIGITS} digits`);
