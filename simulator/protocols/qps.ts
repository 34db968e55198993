import { header, type SimulatedResponse, type Received } from '../response.js';
import type { Effects } from '../faults/plan.js';
import type { Listing } from '../listing.js';
import { escapeXml } from '../render/xml.js';
import { subset, windowOf } from '../view.js';
import { matching } from './filter.js';
import { page } from './page.js';
import { parseQpsRequest, type Criterion, type QpsRequest } from './qps-request.js';

export interface QpsSettings {
  user: string;
  password: string;
  maxPage: number;
}

const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<ServiceResponse>';

export function wantsJson(received: Received): boolean {
  return header(received, 'accept').includes('json');
}

/** Error responses have status 200 and a `responseCode`. */
function errorResponse(code: string, message: string, asJson: boolean, status = 200): SimulatedResponse {
  if (asJson) {
    const details = { errorMessage: message, errorResolution: 'Correct the request' };
    const body = JSON.stringify({ ServiceResponse: { responseErrorDetails: details, responseCode: code } });
    return { status, headers: { 'content-type': 'application/json' }, body };
  }
  const body = `${XML_HEAD}<responseCode>${code}</responseCode><responseErrorDetails><errorMessage>${escapeXml(message)}</errorMessage></responseErrorDetails></ServiceResponse>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** Converts criteria on `id` to positions in the listing, and matches the other criteria against the records. */
function search(all: Listing, request: QpsRequest): { listing: Listing; start: number } {
  const onId = request.criteria.filter(({ field }) => field === 'id');
  const others = request.criteria.filter(({ field }) => field !== 'id');
  let listing = others.length > 0 ? matching(all, others) : all;
  let start = (request.startFromOffset ?? 1) - 1;
  if (request.startFromId) start = Math.max(start, listing.after(String(BigInt(request.startFromId) - 1n)));
  for (const criterion of onId) ({ listing, start } = byId(listing, start, criterion));
  return { listing, start };
}

function byId(listing: Listing, start: number, { operator, value }: Criterion): { listing: Listing; start: number } {
  const upTo = (end: number): Listing =>
    subset(
      listing,
      Array.from({ length: end }, (_, position) => position),
    );
  const before = (id: string): string => String(BigInt(id) - 1n);
  if (operator === 'GREATER') return { listing, start: Math.max(start, listing.after(value)) };
  if (operator === 'LESSER') return { listing: upTo(listing.after(before(value))), start };
  if (operator === 'EQUALS')
    return { listing: upTo(listing.after(value)), start: Math.max(start, listing.after(before(value))) };
  throw new Error(`Operator ${operator} is not supported for field id`);
}

/** `POST /qps/rest/2.0/search/am/hostasset`: keyset paging by id, `hasMoreRecords` as text, `lastId` only if more records follow. */
export function respondQps(
  received: Received,
  all: Listing,
  effects: Effects,
  settings: QpsSettings,
): SimulatedResponse {
  const asJson = wantsJson(received);
  if (!header(received, 'x-requested-with'))
    return errorResponse('INVALID_REQUEST', 'X-Requested-With header is missing', asJson, 400);
  const expected = `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString('base64')}`;
  if (header(received, 'authorization') !== expected)
    return errorResponse('INVALID_CREDENTIALS', 'User credentials are invalid', asJson);
  try {
    const request = parseQpsRequest(received.body);
    const most = effects.get('max-page')?.records ?? settings.maxPage;
    if (!(request.limit >= 1 && request.limit <= most)) throw new Error(`limitResults must be from 1 to ${most}`);
    const { listing, start } = search(all, request);
    const limit = Math.min(request.limit, effects.get('short-page')?.records ?? request.limit);
    const window = windowOf(listing, start, limit, effects.has('repeat-last'));
    const count = Math.max(0, window.to - window.from);
    const last = window.more && count > 0 ? listing.id(window.to - 1) : undefined;
    return asJson ? jsonPage(listing, window, count, last) : xmlPage(listing, window, count, last);
  } catch (error) {
    return errorResponse('INVALID_REQUEST', (error as Error).message, asJson);
  }
}

function jsonPage(
  listing: Listing,
  window: { from: number; to: number; more: boolean },
  count: number,
  last: string | undefined,
): SimulatedResponse {
  const headers = { 'content-type': 'application/json' };
  if (count === 0) return { status: 200, headers, body: '{"ServiceResponse":{"count":0,"responseCode":"SUCCESS"}}' };
  const body = page(listing, window, 'plain', {
    head: '{"ServiceResponse":{"data":[',
    before: '{"HostAsset":',
    after: '}',
    between: ',',
    // The vendor's framework writes these fields after the data.
    tail: `],"count":${count},${last === undefined ? '' : `"lastId":${last},`}"hasMoreRecords":"${window.more}","responseCode":"SUCCESS"}}`,
  });
  return { status: 200, headers, body };
}

function xmlPage(
  listing: Listing,
  window: { from: number; to: number; more: boolean },
  count: number,
  last: string | undefined,
): SimulatedResponse {
  const headers = { 'content-type': 'application/xml' };
  const head = `${XML_HEAD}<responseCode>SUCCESS</responseCode><count>${count}</count>`;
  if (count === 0) return { status: 200, headers, body: `${head}</ServiceResponse>` };
  const body = page(listing, window, 'xml', {
    head: `${head}<hasMoreRecords>${window.more}</hasMoreRecords>${last === undefined ? '' : `<lastId>${last}</lastId>`}<data>`,
    before: '<HostAsset>',
    after: '</HostAsset>\n',
    tail: '</data></ServiceResponse>',
  });
  return { status: 200, headers, body };
}
