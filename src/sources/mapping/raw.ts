/** A JSON object of unknown content. Mappers read named fields only, so that no key of the object can reach a prototype. */
export type Raw = { readonly [field: string]: unknown };

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an object without fields. */
export function rawOf(value: unknown): Raw {
  return isRaw(value) ? value : NOTHING;
}

const NOTHING: Raw = Object.freeze(Object.create(null) as Raw);

/** The first `limit` elements of a list, of any type; empty for any value that is not an array. */
export function listOf(value: unknown, limit = 512): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  return value.length > limit ? value.slice(0, limit) : value;
}
