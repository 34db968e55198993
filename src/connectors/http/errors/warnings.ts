import type { HttpResponse } from '../exchange.js';
import { redactedUrl } from '../request.js';

/** Deprecation warnings in a response's headers, which the user sees once per run. */
export function headerWarnings({ headers, url }: HttpResponse): string[] {
  const final = headers.get('x-api-deprecation-final-date') ?? headers.get('sunset');
  const deprecated = headers.has('deprecation') || headers.has('x-api-deprecation-warning') || final !== null;
  if (!deprecated) return [];
  return [
    `${redactedUrl(url)} is deprecated by its vendor${final === null ? '' : `, its last day is ${final.slice(0, 40)}`}`,
  ];
}
