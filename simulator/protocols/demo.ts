import { header, text, type SimulatedResponse, type Received } from '../response.js';
import type { Effects } from '../faults/plan.js';
import type { Listing } from '../listing.js';
import { shifted, windowOf } from '../view.js';
import { page } from './page.js';

/** The take-home API's message for the end of its data. The API sends it with status 500, like every error. */
export const END_OF_DATA = 'Error invalid skip/limit combo (>number of hosts)';

export interface DemoSettings {
  token: string;
  /** Largest page size, records: 2 in the original, which responds with 500 to larger ones as well. */
  maxPage: number;
}

function integer(text: string | null, fallback: number): number {
  return text === null || text === '' ? fallback : /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * `POST /api/<vendor>/hosts/get?skip=&limit=` with header `token`: responds with a bare array, and with an error if the page
 * extends past the end.
 */
export function respondDemo(
  received: Received,
  all: Listing,
  effects: Effects,
  { token, maxPage }: DemoSettings,
): SimulatedResponse {
  if (header(received, 'token') !== token) return text(401, 'Error invalid token');
  const skip = integer(received.url.searchParams.get('skip'), 0);
  const wanted = integer(received.url.searchParams.get('limit'), 1);
  if (Number.isNaN(skip) || Number.isNaN(wanted) || wanted < 1) return text(500, 'Error invalid skip or limit');
  const most = effects.get('max-page')?.records ?? maxPage;
  if (wanted > most) return text(500, `Error invalid limit (>${most})`);
  const by = (effects.has('insert-front') ? 1 : 0) - (effects.has('delete-front') ? 1 : 0);
  const listing = by === 0 ? all : shifted(all, by);
  const repeatLast = effects.has('repeat-last');
  // The API checks the sum, so it rejects a page that begins before the end and extends past it.
  if (effects.has('end-text') || (skip + wanted > listing.count && !repeatLast)) return text(500, END_OF_DATA);
  const limit = Math.min(wanted, effects.get('short-page')?.records ?? wanted);
  const start = repeatLast && skip + wanted > listing.count ? listing.count : skip;
  const body = page(listing, windowOf(listing, start, limit, repeatLast), 'extended', {
    head: '[',
    between: ',',
    tail: ']',
  });
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}
