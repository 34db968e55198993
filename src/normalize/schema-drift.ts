import type { Row } from '../model/source.js';
import { MOST_FIELDS, type SampledSchema } from '../store/collections/schemas.js';

/**
 * The first `FIRST` rows are sampled, and then every `THEN_EVERY`th row. This is enough, because a new field is usually in
 * most rows.
 */
const FIRST = 100;
const THEN_EVERY = 50;
const DEEPEST = 4;
/** An object with more fields than this counts as a map, whose keys are values. */
const MOST_IN_OBJECT = 100;
/** Form of a field name. A key that does not match may be a value, so it is stored as `*`. */
const NAME = /^[A-Za-z_][A-Za-z_-]{0,30}\d{0,2}[A-Za-z_-]{0,30}$/;

/** Samples which fields the rows have, with the vendor's spelling, and how many sampled rows have each. Keeps no values. */
export class SchemaSampler implements SampledSchema {
  rows = 0;
  readonly fields = new Map<string, number>();
  private seen = 0;

  /** Returns `true`, because `readPage` uses this method as the filter of rows. */
  add({ value }: Row): true {
    this.seen += 1;
    if (value !== undefined && (this.seen <= FIRST || this.seen % THEN_EVERY === 0)) this.count(value);
    return true;
  }

  private count(value: unknown): void {
    this.rows += 1;
    const found = new Set<string>();
    collectFields(value, '', 0, found);
    for (const field of found) {
      const count = this.fields.get(field);
      if (count !== undefined || this.fields.size < MOST_FIELDS) this.fields.set(field, (count ?? 0) + 1);
    }
  }
}

function collectFields(value: unknown, path: string, depth: number, found: Set<string>): void {
  if (value === null || typeof value !== 'object' || depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const entry of value.slice(0, MOST_IN_OBJECT)) collectFields(entry, path, depth, found);
    return;
  }
  const names = Object.keys(value);
  for (const name of names) {
    const known = names.length <= MOST_IN_OBJECT && NAME.test(name);
    const at = `${path}${path && '.'}${known ? name : '*'}`;
    found.add(at);
    collectFields((value as Record<string, unknown>)[name], at, depth + 1, found);
    if (!known && names.length > MOST_IN_OBJECT) return;
  }
}
