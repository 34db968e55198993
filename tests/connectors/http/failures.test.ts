import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { failedBodyOf, header, offset } from '../../../src/connectors/http/index.js';
import type { Failure, FailureKind } from '../../../src/model/failure.js';
import { sendJson, sendText, serve, type HttpServer } from '../../support/http-server.js';
import { collect, failureOf, listInput } from './collect.js';

let server: HttpServer;
let respond: (response: ServerResponse) => void;

beforeAll(async () => {
  server = await serve((_request, response) => respond(response));
});
afterAll(async () => server.close());
beforeEach(() => {
  server.seen.length = 0;
});

/** All text of a failure that a log could contain. */
const everything = (failure: Failure) =>
  [
    failure.message,
    failure.stack,
    JSON.stringify(failure),
    JSON.stringify(failure.details),
    String(failure.cause),
  ].join();

test.each<[string, FailureKind, number, string?, Record<string, string>?]>([
  ['401', 'credentials-rejected', 401],
  ['403', 'not-permitted', 403],
  ['400', 'request-rejected', 400],
  ['404', 'request-rejected', 404],
  ['422', 'request-rejected', 422],
  ['409 with an unknown meaning', 'request-rejected', 409],
  ['408', 'vendor-error', 408],
  ['429', 'rate-limited', 429],
  ['500', 'vendor-error', 500, 'Internal'],
  ['502 with an HTML page', 'vendor-error', 502, '<html>Bad gateway</html>'],
  ['503', 'vendor-error', 503],
  ['204 without a body', 'response-mismatch', 204],
  ['206', 'response-mismatch', 206, '[]'],
  ['200 without a body', 'response-mismatch', 200],
  ['200 with an HTML login page', 'response-mismatch', 200, ' <!DOCTYPE html><title>Log in</title>'],
  ['200 with an object instead of a list', 'response-mismatch', 200, '{"error":"SECRET-body"}'],
  ['200 with null', 'response-mismatch', 200, 'null'],
  ['200 with truncated JSON', 'response-mismatch', 200, '[{"id":1},{"id"'],
  ['200 with text that is not JSON', 'response-mismatch', 200, 'OK'],
  ['200 with two JSON texts in sequence', 'response-mismatch', 200, '[][]'],
  ['200 in UTF-16', 'response-mismatch', 200, '\u{0}['],
  ['a redirect', 'redirect-refused', 302, '', { location: 'https://other.test/?token=SECRET-canary' }],
  ['a redirect without a Location', 'redirect-refused', 301],
])(
  '%s is a failure of the right kind that shows only host, path and status',
  async (_title, kind, status, text = '', headers = {}) => {
    respond = (response) => sendText(response, text, status, { 'x-cs-traceid': 'trace-7', ...headers });
    const failure = await failureOf(listInput(server.url));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toContain(`${server.host}/hosts responded ${status}`);
    expect(failure.details).toMatchObject({
      source: 'acme',
      at: `${server.host}/hosts`,
      status,
      remedy: expect.any(String),
    });
    if (kind !== 'redirect-refused') expect(failure.details.traceId).toBe('trace-7');
    expect(everything(failure)).not.toMatch(/SECRET|skip=/);
    expect(server.seen).toHaveLength(1);
  },
);

test('the source’s own remedy is shown', async () => {
  respond = (response) => sendText(response, '', 401);
  const failure = await failureOf(
    listInput(server.url, { remedies: { 'credentials-rejected': 'Correct ACME_TOKEN' } }),
  );
  expect(failure.details.remedy).toBe('Correct ACME_TOKEN');
});

test('the body of a failed response is kept for quarantine separately from the failure', async () => {
  respond = (response) => sendText(response, '{"error":"SECRET-body"}');
  const failure = await failureOf(listInput(server.url));
  expect(failedBodyOf(failure)).toMatchObject({
    status: 200,
    mediaType: 'text/plain',
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(failedBodyOf(failure)!.body.toString()).toBe('{"error":"SECRET-body"}');
});

/** The vendor's time, so that the table does not depend on the time of the test run. */
const VENDOR = { date: 'Mon, 30 Nov 2026 12:00:00 GMT' };
const vendorSoon = (seconds: number) => String(Date.parse(VENDOR.date) / 1000 + seconds);
const soon = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

test.each<[string, Record<string, string>, string, number]>([
  ['Retry-After in seconds', { 'retry-after': '7' }, '', 7],
  ['Retry-After as a date', { ...VENDOR, 'retry-after': 'Mon, 30 Nov 2026 12:00:20 GMT' }, '', 20],
  ['X-RateLimit-RetryAfter in epoch seconds', { ...VENDOR, 'x-ratelimit-retryafter': vendorSoon(30) }, '', 30],
  ['X-RateLimit-ToWait-Sec', { 'x-ratelimit-towait-sec': '3600' }, '', 3600],
  ['the longest of several', { 'retry-after': '1', 'x-ratelimit-towait-sec': '90' }, '', 90],
  ['SECONDS_TO_WAIT in XML', {}, '<ITEM><KEY>SECONDS_TO_WAIT</KEY><VALUE>68928</VALUE></ITEM>', 68_928],
  ['SECONDS_TO_WAIT in JSON', {}, '{"KEY":"SECONDS_TO_WAIT","VALUE":"12"}', 12],
  ['a point in time that has passed', { ...VENDOR, 'x-ratelimit-retryafter': vendorSoon(-60) }, '', 1],
])('the wait is taken from %s', async (_title, headers, text, seconds) => {
  respond = (response) => sendText(response, text, 429, headers);
  const { details } = await failureOf(listInput(server.url));
  expect(details.retryAfterMs).toBeGreaterThanOrEqual((seconds - 3) * 1000);
  expect(details.retryAfterMs).toBeLessThanOrEqual((seconds + 1) * 1000);
  expect(details.retryAfterMs).toBeGreaterThanOrEqual(1000);
});

test('the wait is computed from the vendor’s clock, not from the local clock', async () => {
  const skewed = soon(7200);
  respond = (response) =>
    sendText(response, '', 429, {
      date: new Date(skewed * 1000).toUTCString(),
      'x-ratelimit-retryafter': String(skewed + 10),
    });
  expect((await failureOf(listInput(server.url))).details.retryAfterMs).toBe(10_000);
});

test('without a valid header the failure has no wait', async () => {
  respond = (response) => sendText(response, '', 429, { 'retry-after': 'soon' });
  expect((await failureOf(listInput(server.url))).details.retryAfterMs).toBeUndefined();
});

test('a refused connection, an unknown host and a plain socket are unreachable, with their codes', async () => {
  const closed = await serve(() => undefined);
  await closed.close();
  const refused = await failureOf(listInput(closed.url));
  expect(refused).toMatchObject({
    kind: 'unreachable',
    message: `${closed.host}/hosts refused the connection (ECONNREFUSED)`,
  });

  const unknown = await failureOf(listInput('http://nowhere.invalid'));
  expect(unknown.kind).toBe('unreachable');
  expect(unknown.message).toMatch(/nowhere\.invalid\/hosts has a host name/);

  const tcp = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const odd = await failureOf(listInput(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`));
  expect(odd.kind).toBe('unreachable');
  tcp.close();
});

test('a response that is cut off, shorter than announced or badly compressed is unreachable', async () => {
  const cut = (headers: Record<string, string>, text: string | Buffer) => (response: ServerResponse) => {
    response.writeHead(200, headers);
    response.write(text, () => response.destroy());
  };
  for (const [headers, text] of [
    [{ 'content-length': '100' }, '[1,2]'],
    [{ 'transfer-encoding': 'chunked' }, '[1,2]'],
  ] as const) {
    respond = cut(headers, text);
    const failure = await failureOf(listInput(server.url));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toContain('closed the connection before its response was complete');
  }
  respond = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('this is not gzip');
  expect(await failureOf(listInput(server.url))).toMatchObject({
    kind: 'unreachable',
    message: expect.stringContaining('cannot be decompressed'),
  });
});

test('a secret that is invalid in a header is reported without its value', async () => {
  const failure = await failureOf(listInput(server.url, { auth: header('token', 'SECRET\nx') }));
  expect(failure.kind).toBe('settings-invalid');
  expect(everything(failure)).not.toContain('SECRET');
  expect(server.seen).toHaveLength(0);
});

test('pages before a failure stay valid, and the listing resumes after them', async () => {
  let down = true;
  const flaky = await serve(({ query }, response) => {
    const skip = Number(query.get('skip'));
    if (skip === 4 && down) return sendText(response, '', 503);
    sendJson(response, skip < 6 ? [{ id: skip }, { id: skip + 1 }] : []);
  });
  const input = listInput(flaky.url, { paging: offset({ limit: 2, concurrency: 3 }) });
  const first = await collect(input);
  expect(first.rows).toHaveLength(4);
  expect(first.failure?.kind).toBe('vendor-error');
  down = false;
  const second = await collect(input, { from: first.pages.at(-1)!.next });
  expect([...first.rows, ...second.rows]).toEqual([0, 1, 2, 3, 4, 5].map((id) => ({ id })));
  await flaky.close();
});

test('deprecation headers become one warning a page', async () => {
  respond = (response) =>
    sendJson(response, [], 200, {
      'x-api-deprecation-warning': 'use v2',
      'x-api-deprecation-final-date': '2027-01-23',
    });
  const { pages } = await collect(listInput(server.url));
  expect(pages[0]!.warnings).toEqual([`${server.host}/hosts is deprecated by its vendor, its last day is 2027-01-23`]);
});

test.each<[number, FailureKind, Record<string, string>, number]>([
  [503, 'vendor-error', { 'retry-after': '45' }, 45_000],
  [502, 'vendor-error', { 'retry-after': '45' }, 45_000],
  [408, 'vendor-error', { 'retry-after': '45' }, 45_000],
  [409, 'rate-limited', { 'retry-after': '45' }, 45_000],
  [403, 'rate-limited', { 'retry-after': '45' }, 45_000],
  [429, 'rate-limited', { 'retry-after': '45' }, 45_000],
  [
    503,
    'vendor-error',
    { date: 'Mon, 30 Nov 2026 12:00:00 GMT', 'retry-after': 'Mon, 30 Nov 2026 12:01:30 GMT' },
    90_000,
  ],
  [503, 'vendor-error', { 'x-ratelimit-towait-sec': '7' }, 7_000],
  [503, 'vendor-error', { 'retry-after': '99999999' }, 24 * 3_600_000],
])('status %i is a %s with the wait of %j', async (status, kind, headers, wait) => {
  respond = (response) => sendText(response, '', status, headers);
  const failure = await failureOf(listInput(server.url));
  expect(failure).toMatchObject({ kind, details: { status, retryAfterMs: wait } });
  expect(failure.message.includes('asks to wait')).toBe(wait === 24 * 3_600_000);
});
