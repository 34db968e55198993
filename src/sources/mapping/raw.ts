/** A JSON object of unknown content. Only named fields are ever read from it, so no key of it can reach a prototype. */
export type Raw = { readonly [field: string]: unknown };

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in its place, or one without fields. */
export function rawOf(value: unknown): Raw {
  return isRaw(value) ? value : NOTHING;
}

const NOTHING: Raw = Object.freeze(Object.create(null) as Raw);

/** The elements of a list, whatever is in them; anything but an array has none. */
export function listOf(value: unknown, limit = 512): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  return value.length > limit ? value.slice(0, limit) : value;
}
