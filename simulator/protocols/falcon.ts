import { createHash } from 'node:crypto';
import { header, type SimulatedResponse, type Received } from '../response.js';
import type { Effects } from '../faults/plan.js';
import { crowdstrikeError } from '../faults/error-responses.js';
import type { Listing } from '../listing.js';
import { windowOf } from '../view.js';
import { matching } from './filter.js';
import { page } from './page.js';
import type { Criterion } from './qps-request.js';
import type { Tokens } from './tokens.js';

export interface FalconSettings {
  tokens: Tokens;
  maxPage: number;
}

const OPERATORS: Record<string, string> = {
  '': 'EQUALS',
  '!': 'NOT EQUALS',
  '>': 'GREATER',
  '<': 'LESSER',
  '>=': 'AT LEAST',
  '<=': 'AT MOST',
};

/** FQL with `+` between clauses such as `modified_timestamp:>'2026-01-01T00:00:00Z'`. Throws on anything else. */
export function parseFql(filter: string): Criterion[] {
  if (filter === '') return [];
  return filter.split('+').map((clause) => {
    const [, field, operator = '', value = ''] = /^\s*([a-z_.0-9]+):([!<>]?=?)['"](.*)['"]\s*$/.exec(clause) ?? [];
    if (field === undefined || OPERATORS[operator] === undefined) throw new Error('invalid filter');
    return { field, operator: OPERATORS[operator], value };
  });
}

/** The content of a page token. It is opaque to clients, and valid only with the sort and filter of the request that returned it. */
interface Place {
  position: number;
  after: string;
  query: string;
}

function seal(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function open(token: string): Place {
  return JSON.parse(Buffer.from(token, 'base64url').toString()) as Place;
}

/** `GET /devices/combined/devices/v1`: full records, and an opaque `meta.pagination.next` that the client sends back as `offset`. */
export function respondFalcon(
  received: Received,
  all: Listing,
  effects: Effects,
  { tokens, maxPage }: FalconSettings,
): SimulatedResponse {
  const quota = { 'x-ratelimit-limit': '6000', 'x-ratelimit-remaining': '5990' };
  const [, bearer = ''] = /^bearer\s+(.+)$/i.exec(header(received, 'authorization')) ?? [];
  if (!tokens.valid(bearer)) return crowdstrikeError(401, 'access denied, invalid bearer token', quota);
  const { searchParams } = received.url;
  const requested = searchParams.get('limit');
  const limit = requested === null || requested === '' ? 100 : Number(requested);
  const most = effects.get('max-page')?.records ?? maxPage;
  if (!(limit >= 1 && limit <= most)) return crowdstrikeError(400, `limit: must be between 1 and ${most}`, quota);
  const filter = searchParams.get('filter') ?? '';
  const sort = searchParams.get('sort') ?? 'device_id.asc';
  if (!/^device_id[.|]asc$/.test(sort)) return crowdstrikeError(400, 'sort: not supported by the simulator', quota);
  const query = createHash('sha256').update(`${sort}\n${filter}`).digest('base64url').slice(0, 12);
  try {
    const criteria = parseFql(filter);
    const listing = criteria.length > 0 ? matching(all, criteria) : all;
    const start = startOf(searchParams.get('offset') ?? '', listing, query);
    return devices(
      listing,
      start,
      Math.min(limit, effects.get('short-page')?.records ?? limit),
      effects.has('repeat-last'),
      query,
      quota,
    );
  } catch (error) {
    return crowdstrikeError(400, error instanceof SyntaxError ? 'invalid offset' : (error as Error).message, quota);
  }
}

function startOf(offset: string, listing: Listing, query: string): number {
  if (offset === '') return 0;
  const place = open(offset);
  if (place.query !== query) throw new Error('offset does not belong to this sort and filter');
  // If the fleet has changed since the simulator issued the token, use the token's id instead of its position.
  return place.position <= listing.count && listing.id(place.position - 1) === place.after
    ? place.position
    : listing.after(place.after);
}

function devices(
  listing: Listing,
  start: number,
  limit: number,
  repeatLast: boolean,
  query: string,
  quota: Record<string, string>,
): SimulatedResponse {
  const window = windowOf(listing, start, limit, repeatLast);
  const next =
    window.more && window.to > 0
      ? `,"next":"${seal({ position: window.to, after: listing.id(window.to - 1), query })}"`
      : '';
  // A listing without an end reports on each page that there are more records.
  const total = listing.count === Number.MAX_SAFE_INTEGER ? window.to + limit : listing.count;
  const trace = createHash('sha256').update(`${query} ${start} ${listing.version}`).digest('hex').slice(0, 32);
  const head =
    `{"meta":{"query_time":0.012,"pagination":{"total":${total},"limit":${limit}${next}},"powered_by":"device-api",` +
    `"trace_id":"${trace}"},"resources":[`;
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'x-cs-region': 'us-1', 'x-cs-traceid': trace, ...quota },
    body: page(listing, window, 'plain', { head, between: ',', tail: '],"errors":[]}' }),
  };
}
