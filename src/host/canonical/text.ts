const TEXT_LIMIT = 1_024;
const OTHER_THAN_PRINTABLE_ASCII = /[^\x20-\x7e]/;
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Placeholders that vendors write for a missing value. */
const PLACEHOLDERS = new Set([
  '(none)',
  '(null string)',
  '(null)',
  '(unknown)',
  '-',
  '--',
  '<null>',
  '<unknown>',
  '?',
  'n/a',
  'n\\a',
  'nan',
  'nil',
  'none',
  'not applicable',
  'not available',
  'not set',
  'not specified',
  'null',
  'unavailable',
  'undefined',
  'unknown',
  'unspecified',
]);
const LONGEST_PLACEHOLDER = Math.max(...[...PLACEHOLDERS].map((placeholder) => placeholder.length));

/**
 * Text that is safe to store and show: no control characters, no lone surrogates, at most `limit` UTF-16 units, not empty.
 * Numbers become their original text. Returns `undefined` for any other type.
 */
export function clean(value: unknown, limit = TEXT_LIMIT): string | undefined {
  let text = typeof value === 'string' ? value : digits(value);
  if (text === undefined) return undefined;
  if (text.length > limit) text = text.slice(0, limit);
  if (OTHER_THAN_PRINTABLE_ASCII.test(text)) text = repair(text);
  text = text.trim();
  return text === '' ? undefined : text;
}

/** Like `clean`, but returns `undefined` for vendors' placeholders (`null`, `N/A`, `unknown`, …). */
export function text(value: unknown, limit = TEXT_LIMIT): string | undefined {
  const cleaned = clean(value, limit);
  if (cleaned === undefined || cleaned.length > LONGEST_PLACEHOLDER) return cleaned;
  return PLACEHOLDERS.has(cleaned.toLowerCase()) ? undefined : cleaned;
}

/**
 * The exact decimal text of a number in any of its forms: JSON number, bigint, extended JSON (`{"$numberLong": "…"}`),
 * lossless-json's `LosslessNumber`. Returns `undefined` for a JSON number beyond 2^53, because it has already lost digits.
 */
export function digits(value: unknown): string | undefined {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined;
    return String(value);
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return undefined;
  const wrapped = value as { $numberLong?: unknown; $numberInt?: unknown; isLosslessNumber?: unknown; value?: unknown };
  const inner =
    wrapped.$numberLong ?? wrapped.$numberInt ?? (wrapped.isLosslessNumber === true ? wrapped.value : undefined);
  return typeof inner === 'string' ? inner : undefined;
}

/** A count: a non-negative safe integer, from any form of a number or from digits. */
export function count(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim() : digits(value);
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

function repair(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the expression removes control characters
  const shown = text.replace(/[\t\n\v\f\r\u2028\u2029]+/g, ' ').replace(/[\x00-\x1f\x7f-\x9f]/g, '');
  return shown.replace(LONE_SURROGATES, '\ufffd');
}
