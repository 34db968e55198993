import { randomUUID } from 'node:crypto';
import crowdstrike from '../../../src/sources/crowdstrike/source.js';
import { collect, failureOf, inputOfSource } from '../../connectors/http/collect.js';
import { sendJson, sendText, serve, type Responder, type HttpServer } from '../../support/http-server.js';

let server: HttpServer;
afterEach(async () => server.close());

const environment = (more: Record<string, string> = {}) => ({
  CROWDSTRIKE_URL: server.url,
  CROWDSTRIKE_CLIENT_ID: randomUUID(),
  CROWDSTRIKE_CLIENT_SECRET: 'SECRET-canary',
  ...more,
});
const input = (more: Record<string, string> = {}) => inputOfSource(crowdstrike, environment(more));

const DEVICES = Array.from({ length: 5 }, (_, id) => ({ device_id: `d${id}` }));

/** Serves devices by an opaque token. The last page has `last` in place of a token. */
function devices(last: Record<string, unknown>): Responder {
  return ({ path, query, headers }, response) => {
    if (path === '/oauth2/token')
      return sendJson(response, { access_token: 'T', token_type: 'bearer', expires_in: 1799 }, 201);
    if (headers.authorization !== 'Bearer T') return sendText(response, '', 401);
    const from = Number(Buffer.from(query.get('offset') ?? '', 'base64').toString() || 0);
    const to = from + Number(query.get('limit'));
    const next = to < DEVICES.length ? { next: Buffer.from(String(to)).toString('base64') } : last;
    const meta = {
      query_time: 0.1,
      trace_id: randomUUID(),
      pagination: { total: DEVICES.length, limit: to - from, ...next },
    };
    sendJson(response, { meta, resources: DEVICES.slice(from, to), errors: [] });
  };
}

test.each([[{}], [{ next: '' }], [{ next: null }]])(
  'every device arrives once by opaque tokens when the last page has %j',
  async (last) => {
    server = await serve(devices(last));
    const { rows, pages } = await collect(input({ CROWDSTRIKE_PAGE_SIZE: '2' }));
    expect(rows).toEqual(DEVICES);
    expect(pages.map(({ total }) => total)).toEqual([5, 5, 5]);
    const [, first, second] = server.seen;
    expect(`${first!.method} ${first!.path}?${first!.query.toString()}`).toBe(
      'GET /devices/combined/devices/v1?limit=2&sort=device_id.asc',
    );
    expect(second!.query.get('sort')).toBe('device_id.asc');
  },
);

test('an empty page that names itself as the next one ends the listing', async () => {
  server = await serve(devices({ next: Buffer.from('99').toString('base64') }));
  const { rows, pages, failure } = await collect(input({ CROWDSTRIKE_PAGE_SIZE: '5' }));
  expect(failure).toBeUndefined();
  expect(rows).toEqual(DEVICES);
  expect(pages.map(({ rows, next }) => [rows, next === null])).toEqual([
    [5, false],
    [0, true],
  ]);
});

test('a repeated token is a loop, reported after every page was returned', async () => {
  for (const next of [Buffer.from('4').toString('base64'), Buffer.from('2').toString('base64')]) {
    server = await serve(devices({ next }));
    const { rows, pages, failure } = await collect(input({ CROWDSTRIKE_PAGE_SIZE: '2' }));
    expect(failure?.kind).toBe('listing-loops');
    expect(rows).toEqual(DEVICES);
    expect(pages.at(-1)!.next).not.toBeNull();
    await server.close();
  }
});

test.each([
  [401, 'credentials-rejected'],
  [403, 'not-permitted'],
  [400, 'request-rejected'],
  [429, 'rate-limited'],
  [500, 'vendor-error'],
  [undefined, 'response-mismatch'],
])('status 200 with an error of code %s is %s, even next to devices', async (code, kind) => {
  server = await serve((request, response) => {
    if (request.path === '/oauth2/token') return devices({})(request, response);
    sendJson(response, { meta: {}, errors: [{ code, message: 'SECRET' }], resources: DEVICES });
  });
  const failure = await failureOf(input());
  expect(failure).toMatchObject({
    kind,
    details: { source: 'crowdstrike', at: `${server.host}/devices/combined/devices/v1` },
  });
  expect(failure.message).not.toContain('SECRET');
});

test('a page without resources is empty only when the total is 0', async () => {
  for (const total of [0, 3]) {
    server = await serve((request, response) => {
      if (request.path === '/oauth2/token') return devices({})(request, response);
      sendJson(response, { meta: { pagination: { total } }, resources: null, errors: null });
    });
    const { pages, failure } = await collect(input());
    expect(total === 0 ? pages[0]?.rows : failure?.kind).toBe(total === 0 ? 0 : 'response-mismatch');
    await server.close();
  }
});

test('a token that the vendor no longer accepts restarts the listing at most three times, and is then an expired cursor', async () => {
  const forget = (times: number): Responder => {
    let left = times;
    return (request, response) => {
      if (!request.query.has('offset') || left-- <= 0) return devices({})(request, response);
      sendJson(response, { errors: [{ code: 400, message: 'invalid offset' }] }, 400);
    };
  };
  server = await serve(forget(3));
  const { pages, failure } = await collect(input({ CROWDSTRIKE_PAGE_SIZE: '3' }));
  expect(failure).toBeUndefined();
  expect(pages.map(({ rows, cursor }) => [rows, cursor['restarted'] ?? 0])).toEqual([
    [3, 0],
    [3, 1],
    [3, 2],
    [3, 3],
    [2, 3],
  ]);
  expect(pages.flatMap(({ warnings }) => warnings ?? [])[0]).toMatch(/rejected the cursor as expired.*restarted/);
  await server.close();

  server = await serve(forget(99));
  const rejected = await failureOf(input({ CROWDSTRIKE_PAGE_SIZE: '3' }), { from: { limit: 3, token: 'old' } });
  expect(rejected).toMatchObject({ kind: 'cursor-expired', message: expect.stringMatching(/after 3 restarts/) });
});

test('wrong credentials are reported with their variables, whatever the token endpoint responds', async () => {
  for (const [status, code] of [
    [400, 400],
    [403, 403],
    [500, 400],
  ]) {
    server = await serve((_request, response) => sendJson(response, { errors: [{ code, message: 'x' }] }, status));
    const { kind, details } = await failureOf(input());
    expect(kind).toBe('credentials-rejected');
    expect(details.remedy).toMatch(/CROWDSTRIKE_CLIENT_ID and CROWDSTRIKE_CLIENT_SECRET/);
    expect(server.seen).toHaveLength(1);
    await server.close();
  }
});

test('a redirect to another region is followed when its host is listed, and not otherwise', async () => {
  const region = await serve(devices({}));
  server = await serve((_request, response) =>
    sendText(response, '', 308, { location: `${region.url}/`, 'x-cs-region': 'us-2' }),
  );
  const rejected = await failureOf(input());
  expect(rejected).toMatchObject({
    kind: 'redirect-refused',
    details: { remedy: expect.stringContaining('CROWDSTRIKE_URL') },
  });
  expect(region.seen).toHaveLength(0);
  const { rows } = await collect(input({ CROWDSTRIKE_REGION_HOSTS: `eu.example.test, ${region.host}` }));
  expect(rows).toEqual(DEVICES);
  await region.close();
});
