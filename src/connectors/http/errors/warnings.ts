import type { Answer } from '../exchange.js';
import { place } from '../request.js';

/** What the headers of an answer say about an endpoint's future, for the user to hear about once a run. */
export function headerWarnings({ headers, url }: Answer): string[] {
  const final = headers.get('x-api-deprecation-final-date') ?? headers.get('sunset');
  const deprecated = headers.has('deprecation') || headers.has('x-api-deprecation-warning') || final !== null;
  if (!deprecated) return [];
  return [
    `${place(url)} is deprecated by its vendor${final === null ? '' : `, its last day is ${final.slice(0, 40)}`}`,
  ];
}
