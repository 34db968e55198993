import { MOST_BSON_BYTES, bsonSize, toBson } from './exact-bson.js';
import { RecordRejected } from './source.js';
import { LongInteger, MOST_DIGITS } from './exact-json.js';
import type { Field, Fields } from './observations.js';

const MAX_DEPTH = 100;
const MAX_NUMBER = 10n ** BigInt(MOST_DIGITS) - 1n;
/** The exact size is calculated only when its upper bound exceeds this number of bytes. */
const CERTAINLY_FITS = 1024 * 1024;

/** Accumulated while the fields are visited. */
interface Totals {
  /** Upper bound of the fields' size as BSON. */
  bytes: number;
}

/**
 * Converts the fields of an event other than id, category and value to the form that is stored, compared and exported: JSON, with integers beyond 2^53 as
 * `bigint` and lone surrogates as U+FFFD. Returns the same object when no field changes. Throws `RecordRejected` for values that
 * MongoDB cannot store.
 */
export function storableFields(fields: Record<string, unknown>): Fields {
  const totals: Totals = { bytes: 0 };
  const rejected = (reason: string) => new RecordRejected(reason);
  const storable = objectOf(fields, 1, totals, rejected);
  if (totals.bytes > CERTAINLY_FITS && bsonSize(toBson(storable) as object) > MOST_BSON_BYTES)
    throw rejected('the record takes more than 16 MB in MongoDB');
  return storable;
}

type Reject = (reason: string) => RecordRejected;

/** Returns `undefined` for values that JSON omits. */
function fieldOf(value: unknown, depth: number, totals: Totals, reject: Reject): Field | undefined {
  totals.bytes += 16;
  switch (typeof value) {
    case 'string':
      totals.bytes += 3 * value.length;
      return wellFormed(value);
    case 'number':
      return numberOf(value, reject);
    case 'bigint':
      if (value > MAX_NUMBER || value < -MAX_NUMBER) throw tooLong(reject);
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : compositeOf(value, depth, totals, reject);
    default:
      return undefined;
  }
}

function compositeOf(value: object, depth: number, totals: Totals, reject: Reject): Field | undefined {
  if (value instanceof LongInteger) throw tooLong(reject);
  if (depth === MAX_DEPTH) throw reject(`the record is nested deeper than ${MAX_DEPTH} levels`);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return fieldOf(toJSON.call(value), depth + 1, totals, reject);
  return Array.isArray(value)
    ? listOf(value, depth + 1, totals, reject)
    : objectOf(value as Record<string, unknown>, depth + 1, totals, reject);
}

function listOf(list: readonly unknown[], depth: number, totals: Totals, reject: Reject): Field[] {
  let copy: Field[] | undefined;
  for (let at = 0; at < list.length; at++) {
    const field = fieldOf(list[at], depth, totals, reject) ?? null;
    if (field !== list[at]) (copy ??= [...(list as Field[])])[at] = field;
  }
  return copy ?? (list as Field[]);
}

function objectOf(object: Record<string, unknown>, depth: number, totals: Totals, reject: Reject): Fields {
  const keys = Object.keys(object);
  let kept: [string, Field][] | undefined;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at]!;
    if (key.includes('\0')) throw reject('the name of a field holds a NUL character');
    totals.bytes += 3 * key.length;
    const name = wellFormed(key);
    const field = fieldOf(object[key], depth, totals, reject);
    if (field !== object[key] || name !== key)
      kept ??= keys.slice(0, at).map((before): [string, Field] => [before, object[before] as Field]);
    if (field !== undefined) kept?.push([name, field]);
  }
  if (!kept) return object as Fields;
  const copy = Object.fromEntries(kept);
  if (Object.keys(copy).length < kept.length)
    throw reject('two fields have names that differ in a lone surrogate only');
  return copy;
}

function numberOf(value: number, reject: Reject): Field {
  if (!Number.isFinite(value)) throw reject('a field holds a number that is not finite');
  if (value === 0) return 0;
  return exactInteger(value);
}

/** Returns integers beyond 2^53 as `bigint`, independently of their notation, because MongoDB compares them by value. */
export function exactInteger(value: number): number | bigint {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const text = String(value);
  return text.includes('e') ? value : BigInt(text);
}

/** Replaces lone surrogates, which UTF-8 cannot encode. */
const wellFormed = (text: string): string => (text as WellFormed).toWellFormed();

/** Node has the method since version 20, TypeScript's library since ES2024. */
type WellFormed = string & { toWellFormed(): string };

const tooLong = (reject: Reject) => reject(`a field holds a number of more than ${MOST_DIGITS} digits`);
