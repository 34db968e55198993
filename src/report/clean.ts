/**
 * What has no place in a text that people read: control characters, which XML forbids; characters that turn the direction of
 * what follows; halves of characters.
 */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|\p{Surrogate}/gu;
const LONGEST = 300;

/** Text from a record as it may be shown: what is unfit becomes `\ufffd`, and of a very long one the beginning stays. */
export function cleanText(text: string, longest = LONGEST): string {
  const clean = text.replace(UNFIT, '\ufffd');
  return clean.length > longest ? `${clean.slice(0, longest).replace(/\p{Surrogate}$/u, '')}…` : clean;
}

/** A value from MongoDB with all its texts, and all its names of fields, clean. Dates stay dates. */
export function clean<T>(value: T, longest = LONGEST): T {
  if (typeof value === 'string') return cleanText(value, longest) as T;
  if (Array.isArray(value)) return value.map((inner) => clean(inner, longest)) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date || '_bsontype' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [cleanText(name), clean(inner, longest)]),
  ) as T;
}
