/**
 * Characters that must not be shown: control characters, which XML forbids; characters that change the direction of the text
 * after them; lone surrogates.
 */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]|\p{Surrogate}/gu;
const LONGEST = 300;

/** Makes text of a record safe to show: forbidden characters become `\ufffd`, and long texts are cut. */
export function cleanText(text: string, longest = LONGEST): string {
  const clean = text.replace(UNFIT, '\ufffd');
  return clean.length > longest ? `${clean.slice(0, longest).replace(/\p{Surrogate}$/u, '')}…` : clean;
}

/** Cleans all texts and field names of a value from MongoDB. Dates stay dates. */
export function clean<T>(value: T, longest = LONGEST): T {
  if (typeof value === 'string') return cleanText(value, longest) as T;
  if (Array.isArray(value)) return value.map((inner) => clean(inner, longest)) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date || '_bsontype' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [cleanText(name), clean(inner, longest)]),
  ) as T;
}
