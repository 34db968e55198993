import { listOf } from '../mapping/raw.js';

/** A value, or the first element of a list: some versions of the API return a list where others return one value. */
export function one(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/** The entries of the first non-empty list in `values`; a text instead of a list is its only entry. */
export function many(...values: unknown[]): readonly unknown[] {
  for (const value of values) {
    if (Array.isArray(value)) {
      if (value.length > 0) return listOf(value);
    } else if (typeof value === 'string') return [value];
  }
  return [];
}
