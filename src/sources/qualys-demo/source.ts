import { header, httpInput, httpRows, offset } from '../../connectors/http/index.js';
import { setting } from '../../model/settings.js';
import { mapHostAsset } from '../qualys/host-asset.js';
import { defineSource } from '../../model/source.js';

/** A page is a list. */
const envelope = { records: '' };

/** Qualys hosts of a take-home API: bare lists by `skip` and `limit`; an error response marks the end. */
export default defineSource({
  name: 'qualys-demo',
  vendor: 'qualys',
  dataset: 'hosts',
  docs: 'https://docs.qualys.com/en/ca/api/agents/list_agents.htm',
  settings: {
    url: setting.url('QUALYS_DEMO_URL', { help: 'base URL of the API' }),
    token: setting.secret('QUALYS_DEMO_TOKEN', { help: 'API token' }),
    // The original API rejects more than 2.
    pageSize: setting.integer('QUALYS_DEMO_PAGE_SIZE', { help: 'hosts per page', min: 1, max: 10_000, default: '2' }),
    concurrency: setting.integer('QUALYS_DEMO_CONCURRENCY', { help: 'pages in flight', min: 1, max: 16, default: '4' }),
  },
  listing: 'full',
  mapping: 1,
  decode: httpRows(envelope),
  map: mapHostAsset,
  input: ({ url, token, pageSize, concurrency }) =>
    httpInput({
      source: 'qualys-demo',
      base: url,
      auth: header('token', token),
      headers: { accept: 'application/json' },
      request: ({ skip, limit }) => ({ method: 'POST', path: '/api/qualys/hosts/get', query: { skip, limit } }),
      // An outage has the same status: only this text marks the end of the listing.
      paging: offset({ limit: pageSize, concurrency, end: { status: 500, text: 'Error invalid skip/limit combo' } }),
      envelope,
      remedies: {
        'credentials-rejected': 'Correct QUALYS_DEMO_TOKEN in .env and restart the worker',
        'not-permitted': 'Check that the token of QUALYS_DEMO_TOKEN may read hosts',
        'response-too-large': 'Set a smaller QUALYS_DEMO_PAGE_SIZE in .env',
      },
    }),
});
