import {
  clientCredentials,
  httpInput,
  httpRows,
  token,
  type ApplicationError,
  type Envelope,
  type Values,
} from '../../connectors/http/index.js';
import { setting } from '../../model/settings.js';
import { mapDevice } from './device.js';
import { defineSource } from '../../model/source.js';

/**
 * Commercial regions. Each region redirects a request for an account of another region to that region, with status 308. The
 * government clouds never redirect.
 */
const REGIONS = {
  'us-1': 'api.crowdstrike.com',
  'us-2': 'api.us-2.crowdstrike.com',
  'us-3': 'api.us-3.crowdstrike.com',
  'eu-1': 'api.eu-1.crowdstrike.com',
};

const envelope: Envelope = {
  records: 'resources',
  values: { next: 'meta.pagination.next', total: 'meta.pagination.total', errors: 'errors' },
  applicationError,
  // `resources` may be null if no host was found.
  empty: ({ total }) => total === 0,
};

export default defineSource({
  name: 'crowdstrike',
  vendor: 'crowdstrike',
  dataset: 'hosts',
  docs: 'https://developer.crowdstrike.com/api-reference/collections/hosts/',
  settings: {
    url: setting.url('CROWDSTRIKE_URL', { help: 'base URL of your cloud', default: 'https://api.crowdstrike.com' }),
    clientId: setting.text('CROWDSTRIKE_CLIENT_ID', { help: 'API client with the scope Hosts: read' }),
    clientSecret: setting.secret('CROWDSTRIKE_CLIENT_SECRET', { help: 'secret of that API client' }),
    pageSize: setting.integer('CROWDSTRIKE_PAGE_SIZE', {
      help: 'hosts per page',
      min: 1,
      max: 10_000,
      default: '5000',
    }),
    regionHosts: setting.optional('CROWDSTRIKE_REGION_HOSTS', {
      help: 'further hosts that a redirect to another region may lead to, separated by commas',
    }),
  },
  listing: 'full',
  mapping: 1,
  decode: httpRows(envelope),
  map: mapDevice,
  input: ({ url, clientId, clientSecret, pageSize, regionHosts }) =>
    httpInput({
      source: 'crowdstrike',
      base: url,
      auth: clientCredentials({
        path: '/oauth2/token',
        clientId,
        clientSecret,
        // Wrong credentials also return status 500 with an error of code 400.
        errorRules: [{ status: 500, body: /"code"\s*:\s*40[013]\b/, kind: 'credentials-rejected' }],
      }),
      headers: { accept: 'application/json' },
      limits: { headersMs: 60_000 },
      redirects: {
        hosts: () => [...Object.values(REGIONS), ...regionHosts.split(',').map((host) => host.trim())],
        regionHeader: 'x-cs-region',
        regions: REGIONS,
      },
      // Sort and filter must be repeated with each token.
      request: ({ limit, token }) => ({
        method: 'GET',
        path: '/devices/combined/devices/v1',
        query: { limit, sort: 'device_id.asc', offset: token },
      }),
      paging: token({ limit: pageSize, next: 'next' }),
      envelope,
      errorRules: [{ status: 400, body: /offset|token|expired/i, continued: true, kind: 'cursor-expired' }],
      remedies: {
        'credentials-rejected':
          'Correct CROWDSTRIKE_CLIENT_ID and CROWDSTRIKE_CLIENT_SECRET in .env and restart the worker; if they are right, the address of the worker may be missing from the IP allow-list',
        'not-permitted': 'Give the API client of CROWDSTRIKE_CLIENT_ID the scope Hosts: read',
        'redirect-refused':
          'Set CROWDSTRIKE_URL to the base URL of your cloud, or list the host in CROWDSTRIKE_REGION_HOSTS',
        'response-too-large': 'Set a smaller CROWDSTRIKE_PAGE_SIZE in .env',
      },
    }),
});

/** Detects `errors[]` in a response with status 200. Such a response is incomplete even if it has resources. */
function applicationError({ errors }: Values): ApplicationError | undefined {
  if (!Array.isArray(errors) || errors.length === 0) return undefined;
  const code = Number((errors[0] as { code?: unknown } | null)?.code);
  const message = Number.isInteger(code) ? `an error of code ${code}` : 'an error without a code';
  if (code === 401) return { kind: 'credentials-rejected', message };
  if (code === 403) return { kind: 'not-permitted', message };
  if (code === 429) return { kind: 'rate-limited', message };
  if (code >= 500) return { kind: 'vendor-error', message };
  return { kind: code >= 400 ? 'request-rejected' : 'response-mismatch', message };
}
