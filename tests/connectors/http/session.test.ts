import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { basic, clientCredentials, offset } from '../../../src/connectors/http/index.js';
import { sendJson, sendText, serve, type HttpServer, type SeenRequest } from '../../support/http-server.js';
import { collect, failureOf, listInput } from './collect.js';

let servers: HttpServer[] = [];
async function start(
  respond: (request: SeenRequest, response: ServerResponse) => void | Promise<void>,
): Promise<HttpServer> {
  const server = await serve(respond);
  servers.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(servers.map(async (server) => server.close()));
  servers = [];
});

const LIST = [{ id: 1 }, { id: 2 }];
const page = (request: SeenRequest, response: ServerResponse) =>
  sendJson(response, request.query.get('skip') === '0' ? LIST : []);
/** The process keeps tokens by credentials until it ends, so each test has its own credentials. */
const credentials = (more = {}) =>
  clientCredentials({ path: '/oauth2/token', clientId: randomUUID(), clientSecret: 'SECRET-canary', ...more });

describe('authentication', () => {
  test('a header and Basic authenticate the requests', async () => {
    const server = await start(page);
    await collect(listInput(server.url));
    await collect(listInput(server.url, { auth: basic('zoë', 'p:w') }));
    expect(server.seen[0]!.headers['token']).toBe('SECRET-canary');
    const proof = String(server.seen.at(-1)!.headers.authorization).replace('Basic ', '');
    expect(Buffer.from(proof, 'base64').toString()).toBe('zoë:p:w');
  });

  test('one token is fetched for all pages in flight and for later inputs of the same process', async () => {
    const server = await start(async (request, response) => {
      if (request.path !== '/oauth2/token') return page(request, response);
      await new Promise((resolve) => setTimeout(resolve, 50));
      sendJson(response, { access_token: 'T1', token_type: 'bearer', expires_in: 1799 }, 201);
    });
    const auth = { clientId: randomUUID() };
    for (let inputs = 0; inputs < 2; inputs++) {
      const { rows } = await collect(
        listInput(server.url, { auth: credentials(auth), paging: offset({ limit: 2, concurrency: 4 }) }),
      );
      expect(rows).toEqual(LIST);
    }
    const [token, ...pages] = server.seen;
    expect(Object.fromEntries(new URLSearchParams(token!.body))).toEqual({
      client_id: auth.clientId,
      client_secret: 'SECRET-canary',
      grant_type: 'client_credentials',
    });
    expect(pages.length).toBeGreaterThanOrEqual(4);
    expect(new Set(pages.map(({ path, headers }) => `${path} ${headers.authorization}`))).toEqual(
      new Set(['/hosts Bearer T1']),
    );
  });

  test('a token is renewed before it expires, without a rejected request', async () => {
    let tokens = 0;
    const server = await start((request, response) => {
      // This token expires in less than the usual margin of two minutes, so the input uses it for half of its lifetime.
      if (request.path === '/oauth2/token')
        return sendJson(response, { access_token: `T${++tokens}`, expires_in: 0.2 });
      page(request, response);
    });
    const input = listInput(server.url, { auth: credentials() });
    for await (const { rows } of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
      if (rows > 0) await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await collect(input);
    const used = server.seen.filter(({ path }) => path === '/hosts').map(({ headers }) => headers.authorization);
    expect(used[0]).toBe('Bearer T1');
    expect(used).toContain('Bearer T2');
  });

  test('a token that the vendor rejects during a run is renewed once, by one request, and the pages are requested again', async () => {
    let tokens = 0;
    const server = await start((request, response) => {
      if (request.path === '/oauth2/token')
        return sendJson(response, { access_token: `T${++tokens}`, expires_in: 1799 }, 201);
      if (request.headers.authorization === 'Bearer T1') return sendText(response, '', 401);
      page(request, response);
    });
    const { rows, failure } = await collect(
      listInput(server.url, { auth: credentials(), paging: offset({ limit: 2, concurrency: 3 }) }),
    );
    expect(failure).toBeUndefined();
    expect(rows).toEqual(LIST);
    expect(tokens).toBe(2);
  });

  test('a second 401 in a row means rejected credentials', async () => {
    const server = await start((request, response) => {
      if (request.path === '/oauth2/token') return sendJson(response, { access_token: randomUUID(), expires_in: 1799 });
      sendText(response, '', 401);
    });
    expect(await failureOf(listInput(server.url, { auth: credentials() }))).toMatchObject({
      kind: 'credentials-rejected',
      details: { at: `${server.host}/hosts`, status: 401 },
    });
    expect(server.seen).toHaveLength(4);
  });

  test.each([
    [400, 'Failed to generate access token', 'credentials-rejected'],
    [401, '', 'credentials-rejected'],
    [403, 'Failed to issue access token - Not Authorized', 'credentials-rejected'],
    [500, '{"errors":[{"code":400,"message":"x"}]}', 'credentials-rejected'],
    [500, '{"errors":[{"code":500,"message":"x"}]}', 'vendor-error'],
    [429, '', 'rate-limited'],
    [200, '{"token":"x"}', 'response-mismatch'],
    [201, 'not JSON SECRET-canary', 'response-mismatch'],
    [200, '{"access_token":"a\\nb"}', 'response-mismatch'],
  ])('a token endpoint that responds %i %s is %s', async (status, text, kind) => {
    const server = await start((_request, response) => sendText(response, text, status));
    const errorRules = [{ status: 500, body: /"code"\s*:\s*40[013]\b/, kind: 'credentials-rejected' as const }];
    const failure = await failureOf(listInput(server.url, { auth: credentials({ errorRules }) }));
    expect(failure).toMatchObject({ kind, details: { at: `${server.host}/oauth2/token`, status } });
    expect(failure.message + JSON.stringify(failure)).not.toContain('SECRET');
    expect(server.seen).toHaveLength(1);
  });

  test('a listing that is cancelled while it waits for a token ends at once, and the others get their token', async () => {
    const server = await start(async (request, response) => {
      if (request.path !== '/oauth2/token') return page(request, response);
      await new Promise((resolve) => setTimeout(resolve, 200));
      sendJson(response, { access_token: 'T1', expires_in: 1799 });
    });
    const auth = credentials();
    const controller = new AbortController();
    const cancelled = collect(listInput(server.url, { auth }), { signal: controller.signal });
    const other = collect(listInput(server.url, { auth }));
    setTimeout(() => controller.abort(new Error('cancelled')), 50);
    await expect(cancelled).rejects.toThrow('cancelled');
    expect((await other).rows).toEqual(LIST);
    expect(server.seen.filter(({ path }) => path === '/oauth2/token')).toHaveLength(1);
  });
});

describe('redirects', () => {
  const redirects = (...hosts: string[]) => ({ redirects: { hosts: () => hosts } });
  const to =
    (location: string, status = 308) =>
    (_request: SeenRequest, response: ServerResponse) =>
      sendText(response, '', status, { location });

  test('a redirect to another origin is rejected and the secret is not sent there', async () => {
    const thief = await start(page);
    for (const policy of [{}, redirects('other.test'), redirects('127.0.0.1')]) {
      const server = await start(to(`${thief.url}/hosts?skip=0`));
      const failure = await failureOf(listInput(server.url, policy));
      expect(failure.kind).toBe('redirect-refused');
      expect(failure.message).toContain(`leads to ${thief.host}, which is not an allowed host`);
      expect(failure.message).not.toContain('skip=');
    }
    expect(thief.seen).toHaveLength(0);
  });

  test('a redirect to an allowed host is followed with body and authentication, and the session stays there', async () => {
    const region = await start(page);
    const old = await start(to(`${region.url}/anything/else`));
    const input = listInput(old.url, {
      ...redirects(region.host),
      request: ({ skip, limit }) => ({ method: 'POST', path: '/hosts', query: { skip, limit }, json: { all: true } }),
    });
    const { rows, pages } = await collect(input);
    expect(rows).toEqual(LIST);
    expect(region.seen[0]).toMatchObject({ method: 'POST', path: '/hosts', body: '{"all":true}' });
    expect(region.seen[0]!.headers['token']).toBe('SECRET-canary');
    expect(pages[0]!.warnings).toEqual([
      `${old.host} redirects this account to ${region.host}: set ${region.host} as the base URL`,
    ]);
    await collect(input);
    expect(old.seen).toHaveLength(1);
  });

  test('the token is fetched in the new region, whether the token endpoint or the first page redirects there', async () => {
    for (const moved of ['/oauth2/token', '/hosts']) {
      const region = await start((request, response) => {
        if (request.path === '/oauth2/token') return sendJson(response, { access_token: 'NEW', expires_in: 1799 }, 201);
        page(request, response);
      });
      const old = await start((request, response) => {
        if (request.path === moved) return to(region.url + request.path)(request, response);
        sendJson(response, { access_token: 'OLD', expires_in: 1799 }, 201);
      });
      const { rows } = await collect(listInput(old.url, { auth: credentials(), ...redirects(region.host) }));
      expect(rows).toEqual(LIST);
      expect(region.seen.map(({ path }) => path).slice(0, 2)).toEqual(['/oauth2/token', '/hosts']);
      expect(region.seen[1]!.headers.authorization).toBe('Bearer NEW');
    }
  });

  test.each([
    ['without TLS', 'http://eu.example.test/hosts', 'leads to eu.example.test without TLS'],
    ['to a file', 'file:///etc/passwd', 'which is not an allowed host'],
    ['to an address inside the network', 'http://169.254.169.254/latest', 'which is not an allowed host'],
    ['with a malformed address', 'http://[', 'names no valid target'],
    ['to a page of the same host', '/login', 'leads to another page of the same host'],
  ])('a redirect %s is rejected', async (_title, location, why) => {
    const server = await start(to(location, 302));
    const failure = await failureOf(listInput(server.url, redirects('eu.example.test')));
    expect(failure).toMatchObject({ kind: 'redirect-refused', details: { status: 302 } });
    expect(failure.message).toContain(why);
    expect(server.seen).toHaveLength(1);
  });

  test('without a Location header, the header that names the region selects the host, over TLS', async () => {
    const region = await start(page);
    const server = await start((_request, response) => sendText(response, '', 308, { 'x-region': 'two' }));
    const policy = { hosts: () => [region.host], regionHeader: 'x-region', regions: { two: region.host } };
    const failure = await failureOf(listInput(server.url, { redirects: policy }));
    // This region does not support TLS, so the request fails. The test checks only its target.
    expect(failure).toMatchObject({ kind: 'unreachable', details: { at: `${region.host}/hosts` } });
    expect(failure.message).toMatch(/TLS/);
    expect(region.seen).toHaveLength(0);
  });

  test('hosts that redirect to each other end the listing', async () => {
    const hosts: string[] = [];
    const first: HttpServer = await start((request, response) => to(second.url)(request, response));
    const second: HttpServer = await start((request, response) => to(first.url)(request, response));
    hosts.push(first.host, second.host);
    const failure = await failureOf(listInput(first.url, redirects(...hosts)));
    expect(failure).toMatchObject({
      kind: 'redirect-refused',
      message: expect.stringContaining('redirects too often'),
    });
    expect(first.seen.length + second.seen.length).toBeLessThan(6);
  });
});
