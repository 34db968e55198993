import qualys from '../../../src/sources/qualys/source.js';
import { collect, failureOf, inputOfSource } from '../../connectors/http/collect.js';
import { sendJson, sendText, serve, type Responder, type HttpServer } from '../../support/http-server.js';

let server: HttpServer;
afterEach(async () => server.close());

const CREDENTIALS = { QUALYS_USERNAME: 'user', QUALYS_PASSWORD: 'SECRET-canary' };
function input(more: Record<string, string> = {}) {
  return inputOfSource(qualys, { QUALYS_URL: server.url, ...CREDENTIALS, ...more });
}

/** The first id is large: keyset cursors must keep all digits. */
const HOSTS = ['7', '305003660', '9007199254740993', '12345678901234567890'];
const record = (id: string) => `{"HostAsset":{"id":${id},"name":"host-${id}"}}`;

/** Serves hosts by id GREATER as the vendor does: `hasMoreRecords` is text, `lastId` is absent on the last page. */
const json: Responder = ({ body }, response) => {
  const { preferences, filters } = JSON.parse(body).ServiceRequest;
  const after = BigInt(filters?.Criteria[0].value ?? 0);
  const left = HOSTS.filter((id) => BigInt(id) > after);
  const page = left.slice(0, preferences.limitResults);
  const more = page.length < left.length;
  const last = more ? `,"lastId":${page.at(-1)}` : '';
  const text = `{"ServiceResponse":{"responseCode":"SUCCESS","count":${page.length},"hasMoreRecords":"${more}"${last},"data":[${page.map(record).join(',')}]}}`;
  sendText(response, text, 200, { 'content-type': 'application/json' });
};

const xml: Responder = ({ body }, response) => {
  const after = BigInt(/field="id" operator="GREATER">(\d+)</.exec(body)?.[1] ?? 0);
  const left = HOSTS.filter((id) => BigInt(id) > after);
  const page = left.slice(0, Number(/<limitResults>(\d+)</.exec(body)?.[1]));
  const more = page.length < left.length;
  const data = page.map((id) => `<HostAsset><id>${id}</id><name>host-${id}</name></HostAsset>`).join('');
  const last = more ? `<lastId>${page.at(-1)}</lastId>` : '';
  const text = `<ServiceResponse><responseCode>SUCCESS</responseCode><count>${page.length}</count><hasMoreRecords>${more}</hasMoreRecords>${last}<data>${data}</data></ServiceResponse>`;
  sendText(response, text, 200, { 'content-type': 'text/xml' });
};

test.each([
  ['json', json],
  ['xml', xml],
])(
  'every host arrives once in %s, by ids greater than the last one, and "false" is the end',
  async (format, respond) => {
    server = await serve(respond);
    const { rows, pages, failure } = await collect(input({ QUALYS_FORMAT: format, QUALYS_PAGE_SIZE: '2' }));
    expect(failure).toBeUndefined();
    expect(rows.map((row) => String((row as { id: unknown }).id))).toEqual(HOSTS);
    expect(pages.map(({ cursor }) => cursor)).toEqual([{ limit: 2 }, { limit: 2, after: '305003660' }]);
    expect(server.seen).toHaveLength(2);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/qps/rest/2.0/search/am/hostasset',
      headers: {
        authorization: `Basic ${Buffer.from('user:SECRET-canary').toString('base64')}`,
        'x-requested-with': 'rollcall',
        accept: `application/${format}`,
      },
    });
  },
);

test('cursors keep every digit of ids beyond 2^53', async () => {
  server = await serve(json);
  const { rows, pages } = await collect(input({ QUALYS_PAGE_SIZE: '1' }));
  expect(rows).toHaveLength(4);
  expect(pages.at(-1)!.cursor).toEqual({ limit: 1, after: '9007199254740993' });
});

test('without a lastId the cursor is the id of the last record', async () => {
  server = await serve(({ body }, response) => {
    const after = JSON.parse(body).ServiceRequest.filters?.Criteria[0].value;
    const data =
      after === undefined ? [{ HostAsset: { id: 3 } }, { HostAsset: { id: 5 } }] : [{ HostAsset: { id: 8 } }];
    sendJson(response, {
      ServiceResponse: { responseCode: 'SUCCESS', hasMoreRecords: String(after === undefined), data },
    });
  });
  const { rows, pages } = await collect(input());
  expect(rows).toEqual([{ id: 3 }, { id: 5 }, { id: 8 }]);
  expect(pages[1]!.cursor).toEqual({ limit: 1000, after: '5' });
});

test('a lastId that does not advance is a loop, reported after its page was returned', async () => {
  server = await serve((_request, response) =>
    sendJson(response, {
      ServiceResponse: {
        responseCode: 'SUCCESS',
        hasMoreRecords: 'true',
        lastId: 5,
        data: [{ HostAsset: { id: server.seen.length } }],
      },
    }),
  );
  const { pages, failure } = await collect(input());
  expect(failure?.kind).toBe('listing-loops');
  expect(pages).toHaveLength(2);
  expect(pages.at(-1)!.next).not.toBeNull();
});

test('a response with count 0, no data and no hasMoreRecords is an empty listing', async () => {
  for (const body of [
    '{"ServiceResponse":{"responseCode":"SUCCESS","count":0}}',
    '<ServiceResponse><responseCode>SUCCESS</responseCode><count>0</count></ServiceResponse>',
  ]) {
    server = await serve((_request, response) => sendText(response, body));
    expect(await collect(input())).toMatchObject({ rows: [], pages: [{ rows: 0, next: null }] });
    await server.close();
  }
});

test('a SUCCESS response without data and without a count is not an empty listing', async () => {
  server = await serve((_request, response) => sendJson(response, { ServiceResponse: { responseCode: 'SUCCESS' } }));
  expect((await failureOf(input())).kind).toBe('response-mismatch');
});

const errorBody = (code: string) =>
  `<ServiceResponse><responseCode>${code}</responseCode><responseErrorDetails><errorMessage>SECRET</errorMessage></responseErrorDetails></ServiceResponse>`;
const simpleReturn = (code: number, more = '') =>
  `<?xml version="1.0" encoding="UTF-8" ?><!DOCTYPE SIMPLE_RETURN SYSTEM "https://qualysapi.test/simple_return.dtd"><SIMPLE_RETURN><RESPONSE><CODE>${code}</CODE><TEXT>x</TEXT>${more}</RESPONSE></SIMPLE_RETURN>`;

test.each([
  [200, errorBody('INVALID_CREDENTIALS'), 'credentials-rejected'],
  [200, errorBody('UNAUTHORIZED'), 'not-permitted'],
  [200, errorBody('INVALID_REQUEST'), 'request-rejected'],
  [200, errorBody('SOMETHING_NEW'), 'response-mismatch'],
  [200, '{"ServiceResponse":{"responseCode":"INVALID_CREDENTIALS"}}', 'credentials-rejected'],
  [401, errorBody('INVALID_CREDENTIALS'), 'credentials-rejected'],
  [
    409,
    simpleReturn(1960, '<ITEM_LIST><ITEM><KEY>CALLS_TO_FINISH</KEY><VALUE>2</VALUE></ITEM></ITEM_LIST>'),
    'rate-limited',
  ],
  [
    409,
    simpleReturn(1965, '<ITEM_LIST><ITEM><KEY>SECONDS_TO_WAIT</KEY><VALUE>86220</VALUE></ITEM></ITEM_LIST>'),
    'rate-limited',
  ],
  [400, simpleReturn(1965), 'rate-limited'],
  [400, simpleReturn(1905), 'request-rejected'],
  [409, simpleReturn(2003), 'credentials-rejected'],
  [409, simpleReturn(2011), 'credentials-rejected'],
])('a response %i %s is %s', async (status, text, kind) => {
  server = await serve((_request, response) => sendText(response, text, status));
  const failure = await failureOf(input());
  expect(failure.kind).toBe(kind);
  expect(failure.message + JSON.stringify(failure)).not.toContain('SECRET');
  if (text.includes('86220')) expect(failure.details.retryAfterMs).toBe(86_220_000);
  if (kind === 'credentials-rejected') expect(failure.details.remedy).toMatch(/QUALYS_USERNAME and QUALYS_PASSWORD/);
});

test('a single record in place of the list is one row', async () => {
  server = await serve((_request, response) =>
    sendJson(response, {
      ServiceResponse: { responseCode: 'SUCCESS', hasMoreRecords: 'false', data: { HostAsset: { id: 1 } } },
    }),
  );
  expect((await collect(input())).rows).toEqual([{ id: 1 }]);
});
