import { json, text, type SimulatedResponse } from '../response.js';
import type { Fault, Protocol } from './fault.js';
import type { Exceeded } from './limits.js';

const TEXTS: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** CrowdStrike's error envelope, which is the same for every status. */
export function crowdstrikeError(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): SimulatedResponse {
  const body = {
    meta: {
      query_time: 0.0003,
      powered_by: 'crowdstrike-api-gateway',
      trace_id: '00000000-0000-4000-8000-000000000000',
    },
    errors: [{ code: status, message }],
    resources: [],
  };
  return json(status, body, { 'x-cs-traceid': body.meta.trace_id, ...headers });
}

/** A 429 response. Its header contains the epoch second of the next permitted request, not a number of seconds. */
export function crowdstrikeLimit(limit: number, seconds: number): SimulatedResponse {
  return crowdstrikeError(429, 'API rate limit exceeded.', {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': '0',
    'x-ratelimit-retryafter': String(Math.ceil(Date.now() / 1000) + seconds),
  });
}

/** A 409 response with Qualys' SIMPLE_RETURN: code 1960 for too many calls at once, 1965 for too many calls in the window. */
export function qualysLimit({ cause, limit, seconds }: Exceeded, wantsJson: boolean): SimulatedResponse {
  const atOnce = cause === 'concurrency';
  const code = atOnce ? 1960 : 1965;
  const message = atOnce
    ? `This API cannot be run again until ${limit} currently running instances have finished.`
    : `This API cannot be run again for another ${seconds} seconds.`;
  const item = atOnce ? { KEY: 'CALLS_TO_FINISH', VALUE: '1' } : { KEY: 'SECONDS_TO_WAIT', VALUE: String(seconds) };
  const headers = {
    'x-ratelimit-limit': atOnce ? '300' : String(limit),
    'x-ratelimit-window-sec': '3600',
    'x-ratelimit-remaining': atOnce ? '290' : '0',
    'x-ratelimit-towait-sec': atOnce ? '0' : String(seconds),
    'x-concurrency-limit-limit': atOnce ? String(limit) : '2',
    'x-concurrency-limit-running': atOnce ? String(limit) : '1',
  };
  const datetime = new Date().toISOString();
  if (wantsJson) {
    return json(
      409,
      { SIMPLE_RETURN: { RESPONSE: { DATETIME: datetime, CODE: code, TEXT: message, ITEM_LIST: { ITEM: item } } } },
      headers,
    );
  }
  const body =
    `<?xml version="1.0" encoding="UTF-8" ?>\n<SIMPLE_RETURN><RESPONSE><DATETIME>${datetime}</DATETIME><CODE>${code}</CODE>` +
    `<TEXT>${message}</TEXT><ITEM_LIST><ITEM><KEY>${item.KEY}</KEY><VALUE>${item.VALUE}</VALUE></ITEM></ITEM_LIST></RESPONSE></SIMPLE_RETURN>`;
  return { status: 409, headers: { 'content-type': 'text/xml', ...headers }, body };
}

export function limitResponse(protocol: Protocol, exceeded: Exceeded, wantsJson: boolean): SimulatedResponse {
  if (protocol === 'qualys') return qualysLimit(exceeded, wantsJson);
  if (protocol.endsWith('-demo')) return text(429, 'Too Many Requests', { 'retry-after': String(exceeded.seconds) });
  return crowdstrikeLimit(exceeded.limit, exceeded.seconds);
}

function waiting({ seconds = 1, retryAfter = 'seconds' }: Fault): Record<string, string> {
  if (retryAfter === 'none') return {};
  return {
    'retry-after': retryAfter === 'date' ? new Date(Date.now() + seconds * 1000).toUTCString() : String(seconds),
  };
}

/** The response of the fault `status`: in the vendor's own form if the vendor has one, and a proxy's HTML for 502 and 504. */
export function statusResponse(protocol: Protocol, fault: Fault, wantsJson: boolean): SimulatedResponse {
  const status = fault.status ?? 500;
  const statusText = TEXTS[status] ?? `Status ${status}`;
  if (status === 502 || status === 504) {
    const body = `<html><head><title>${status} ${statusText}</title></head><body><center><h1>${status} ${statusText}</h1></center></body></html>`;
    return { status, headers: { 'content-type': 'text/html' }, body };
  }
  const seconds = fault.seconds ?? 1;
  if (status === 409 && protocol === 'qualys') return qualysLimit({ cause: 'rate', limit: 300, seconds }, wantsJson);
  const limited = status === 429 || status === 503;
  if (protocol.startsWith('crowdstrike') && !protocol.endsWith('-demo')) {
    if (status === 429 && fault.retryAfter === undefined) return crowdstrikeLimit(6000, seconds);
    const message = status === 401 ? 'access denied, invalid bearer token' : statusText;
    return crowdstrikeError(status, message, limited ? waiting(fault) : {});
  }
  return text(status, statusText, limited ? waiting(fault) : {});
}
