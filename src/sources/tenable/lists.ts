import { listOf } from '../mapping/raw.js';

/** A value, or the first of a list of them: what one version tells as a list another tells alone. */
export function one(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/** The entries of the first of `values` that has any; a text in the place of a list is its only entry. */
export function many(...values: unknown[]): readonly unknown[] {
  for (const value of values) {
    if (Array.isArray(value)) {
      if (value.length > 0) return listOf(value);
    } else if (typeof value === 'string') return [value];
  }
  return [];
}
