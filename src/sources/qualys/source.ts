import {
  basic,
  httpInput,
  httpRows,
  keyset,
  xml,
  type ApplicationError,
  type Envelope,
  type KeysetPosition,
  type RequestTemplate,
  type Values,
} from '../../connectors/http/index.js';
import { setting } from '../../model/settings.js';
import { mapHostAsset } from './host-asset.js';
import { defineSource } from '../../model/source.js';

const MINUTE = 60_000;
const credentials = 'Correct QUALYS_USERNAME and QUALYS_PASSWORD in .env and restart the worker';

const envelope: Envelope = {
  records: 'ServiceResponse.data',
  wrapper: 'HostAsset',
  values: {
    code: 'ServiceResponse.responseCode',
    count: 'ServiceResponse.count',
    more: 'ServiceResponse.hasMoreRecords',
    last: 'ServiceResponse.lastId',
  },
  applicationError,
  // If there are no hosts, Qualys responds SUCCESS with count 0, without data and without hasMoreRecords.
  empty: ({ code, count }) => code === 'SUCCESS' && Number(count) === 0 && count !== '',
};

export default defineSource({
  name: 'qualys',
  vendor: 'qualys',
  dataset: 'hosts',
  docs: 'https://docs.qualys.com/en/ca/api/agents/list_agents.htm',
  settings: {
    url: setting.url('QUALYS_URL', { help: 'API server of your Qualys platform, https://qualysapi.<pod>' }),
    username: setting.text('QUALYS_USERNAME', { help: 'Qualys user with API access' }),
    password: setting.secret('QUALYS_PASSWORD', { help: 'password of that user' }),
    format: setting.choice('QUALYS_FORMAT', ['json', 'xml'], { help: 'format of the responses', default: 'json' }),
    pageSize: setting.integer('QUALYS_PAGE_SIZE', { help: 'hosts per page', min: 1, max: 1000, default: '1000' }),
  },
  listing: 'full',
  mapping: 1,
  decode: httpRows(envelope),
  map: mapHostAsset,
  input: ({ url, username, password, format, pageSize }) =>
    httpInput({
      source: 'qualys',
      base: url,
      auth: basic(username, password),
      headers: { 'x-requested-with': 'rollcall' },
      // Qualys takes minutes to build a page of full hosts before its first byte.
      limits: { headersMs: 4 * MINUTE, bodyMs: 5 * MINUTE, idleMs: MINUTE },
      request: (position) => search(position, format),
      paging: keyset({
        limit: pageSize,
        more: 'more',
        last: 'last',
        idOf: (host) => (host as { id?: unknown } | null)?.id,
      }),
      envelope,
      errorRules: [
        // https://docs.qualys.com/en/vm/qweb-all-api/appendix/appendix_d.htm: 1920, 1960 and 1965 mean too many calls at
        // once or in a window; that page shows them with status 400 too. 2003 and 2011 mean accounts that cannot call the
        // API at all.
        { status: 409, body: /\bcode\W{1,6}(?:1920|1960|1965)\b/i, kind: 'rate-limited' },
        { status: 400, body: /\bcode\W{1,6}(?:1960|1965)\b/i, kind: 'rate-limited' },
        { status: 409, body: /\bcode\W{1,6}(?:2003|2011)\b/i, kind: 'credentials-rejected' },
      ],
      remedies: {
        'credentials-rejected': credentials,
        'not-permitted': 'Give the user of QUALYS_USERNAME API access and the permission to read assets',
        'response-too-large': 'Set a smaller QUALYS_PAGE_SIZE in .env',
      },
    }),
});

/**
 * Requests hosts with an id greater than the last one: the pagination that Qualys recommends, because offsets are slow and
 * shift.
 */
function search({ limit, after }: KeysetPosition, format: 'json' | 'xml'): RequestTemplate {
  const request = { method: 'POST', path: '/qps/rest/2.0/search/am/hostasset' } as const;
  if (format === 'json') {
    const filters = { Criteria: [{ field: 'id', operator: 'GREATER', value: after }] };
    return {
      ...request,
      headers: { accept: 'application/json' },
      json: { ServiceRequest: { preferences: { limitResults: limit }, ...(after !== undefined && { filters }) } },
    };
  }
  const parts = [xml('preferences', [xml('limitResults', limit)])];
  if (after !== undefined) parts.push(xml('filters', [xml('Criteria', after, { field: 'id', operator: 'GREATER' })]));
  return { ...request, headers: { accept: 'application/xml' }, xml: xml('ServiceRequest', parts) };
}

const KINDS: Record<string, ApplicationError['kind']> = {
  INVALID_CREDENTIALS: 'credentials-rejected',
  UNAUTHORIZED: 'not-permitted',
  INVALID_REQUEST: 'request-rejected',
  INVALID_API_VERSION: 'request-rejected',
  INVALID_URL: 'request-rejected',
  INVALID_XML: 'request-rejected',
  NOT_FOUND: 'request-rejected',
  EVALUATION_EXPIRED: 'not-permitted',
  OPERATION_CANCELLED: 'vendor-error',
  OPERATION_FAILED: 'vendor-error',
  INTERNAL_ERROR: 'vendor-error',
  UNKNOWN_ERROR: 'vendor-error',
};

/** Qualys returns errors with status 200 and a `responseCode` other than SUCCESS. */
function applicationError({ code }: Values): ApplicationError | undefined {
  if (code === undefined || code === 'SUCCESS') return undefined;
  const message = typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : 'an unknown responseCode';
  return { kind: KINDS[message] ?? 'response-mismatch', message };
}
