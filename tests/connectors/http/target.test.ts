import { randomUUID } from 'node:crypto';
import { clientCredentials } from '../../../src/connectors/http/index.js';
import { targetOf } from '../../../src/connectors/http/target.js';
import { Failure } from '../../../src/model/failure.js';
import { sendJson, sendText, serve, type HttpServer } from '../../support/http-server.js';
import { collect, failureOf, listInput } from './collect.js';

let vendor: HttpServer;
let thief: HttpServer;
let login: HttpServer;
beforeAll(async () => {
  vendor = await serve(({ query }, response) => sendJson(response, query.get('skip') === '0' ? [{ id: 1 }] : []));
  thief = await serve((_request, response) => sendJson(response, []));
  login = await serve((_request, response) => sendJson(response, { access_token: randomUUID(), expires_in: 600 }));
});
afterAll(async () => {
  await Promise.all([vendor.close(), thief.close(), login.close()]);
});
beforeEach(() => {
  for (const { seen } of [vendor, thief, login]) seen.length = 0;
});

const base = new URL('https://api.vendor.test/v1');
const to = (path: string, hosts: string[] = []) => targetOf(path, { base, hosts }).href;

test.each([
  ['/hosts', 'https://api.vendor.test/v1/hosts'],
  ['/hosts?after=//x', 'https://api.vendor.test/v1/hosts?after=//x'],
  ['/hosts?next=https://x@y', 'https://api.vendor.test/v1/hosts?next=https://x@y'],
  ['/a//b', 'https://api.vendor.test/v1/a//b'],
  ['/%2F%2Fevil.test', 'https://api.vendor.test/v1/%2F%2Fevil.test'],
  ['/@evil.test', 'https://api.vendor.test/v1/@evil.test'],
  ['https://api.vendor.test/v2/hosts?page=2', 'https://api.vendor.test/v2/hosts?page=2'],
  ['https://API.VENDOR.test:443/x', 'https://api.vendor.test/x'],
  ['https://eu.vendor.test/hosts', 'https://eu.vendor.test/hosts'],
])('%s is requested at %s', (path, url) => {
  expect(to(path, ['eu.vendor.test'])).toBe(url);
});

test.each([
  '//evil.test/hosts',
  '///evil.test/hosts',
  '//api.vendor.test/v1/hosts',
  '/\\evil.test',
  '\\\\evil.test',
  '/a\\..\\b',
  '/\t/evil.test',
  '\n//evil.test',
  '/x\u0000',
  'https://evil.test/hosts',
  'HTTPS://evil.test/hosts',
  'https:evil.test/hosts',
  'https:/evil.test/hosts',
  'https:///evil.test/hosts',
  'https:\\\\evil.test',
  'https://api.vendor.test@evil.test/hosts',
  'https://user:pw@api.vendor.test/hosts',
  'https://api.vendor.test.evil.test/hosts',
  'https://api.vendor.test%2eevil.test/hosts',
  'https://api.vendor.test:8443/hosts',
  'https://api.vendor.test#@evil.test',
  'https://eu.vendor.test:8443/hosts',
  'http://api.vendor.test/hosts',
  'http://eu.vendor.test/hosts',
  'ftp://api.vendor.test/hosts',
  'javascript:alert(1)',
  'file:///etc/passwd',
  '@evil.test',
  ':80@evil.test',
  '.evil.test/hosts',
  'evil.test/hosts',
  '/../admin',
  '/%2e%2e/admin',
  '/a/../../admin',
  ' //evil.test',
])('%j is not requested', (path) => {
  const ask = () => to(path, ['eu.vendor.test']);
  // The text after "#" only looks like a host. The request goes to the vendor.
  if (path.includes('#')) return expect(new URL(ask()).host).toBe('api.vendor.test');
  expect(ask).toThrow(Failure);
  expect(ask).toThrow(expect.objectContaining({ kind: 'address-refused' }));
});

test.each([
  ['a path with two slashes', () => `//${thief.host}/hosts`],
  ['a whole URL', () => `${thief.url}/hosts?key=SECRET-canary`],
  ['backslashes', () => `/\\${thief.host}/hosts`],
])('%s sends no request and no secret to another host', async (_title, path) => {
  const request = () => ({ method: 'POST', path: path() }) as const;
  const failure = await failureOf(listInput(vendor.url, { request }));
  expect(failure).toMatchObject({ kind: 'address-refused', details: { source: 'acme', at: vendor.host } });
  expect(failure.details.remedy).toContain('redirects.hosts');
  expect(failure.message + JSON.stringify(failure.details)).not.toContain('SECRET');
  expect([vendor.seen.length, thief.seen.length]).toEqual([0, 0]);
});

const credentials = (endpoint: { url: string } | { path: string }) =>
  clientCredentials({ ...endpoint, clientId: randomUUID(), clientSecret: 'SECRET-client' });

test('a login on a declared host receives the secret, and the API only the token', async () => {
  const auth = credentials({ url: `${login.url}/tenant/oauth2/v2.0/token` });
  const { rows, failure } = await collect(listInput(vendor.url, { auth }));
  expect([rows, failure]).toEqual([[{ id: 1 }], undefined]);
  expect(login.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /tenant/oauth2/v2.0/token']);
  expect(login.seen[0]!.body).toContain('SECRET-client');
  expect(vendor.seen[0]!.headers.authorization).toMatch(/^Bearer /);
  expect(JSON.stringify(vendor.seen)).not.toContain('SECRET-client');
});

test.each([
  ['a path that is a URL of another host', () => ({ path: `${thief.url}/token` }), 'address-refused'],
  ['a path with two slashes', () => ({ path: `//${thief.host}/token` }), 'address-refused'],
  ['a URL with a user', () => ({ url: `http://user:pw@${thief.host}/token` }), 'settings-invalid'],
  ['no URL', () => ({ url: 'login' }), 'settings-invalid'],
] as const)('a login with %s is not sent', async (_title, endpoint, kind) => {
  const failure = await failureOf(listInput(vendor.url, { auth: credentials(endpoint()) }));
  expect(failure.kind).toBe(kind);
  expect([vendor.seen.length, thief.seen.length]).toEqual([0, 0]);
});

test('a login of an API with TLS is not sent without TLS', async () => {
  const auth = credentials({ url: `${thief.url}/token` });
  expect((await failureOf(listInput('https://api.vendor.test', { auth }))).kind).toBe('address-refused');
  expect(thief.seen).toHaveLength(0);
});

test('a login does not follow a redirect, not even to a declared host', async () => {
  const moving = await serve((_request, response) => sendText(response, '', 307, { location: `${thief.url}/token` }));
  const auth = credentials({ url: `${moving.url}/token` });
  const redirects = { hosts: () => [thief.host] };
  expect(await failureOf(listInput(vendor.url, { auth, redirects }))).toMatchObject({ kind: 'redirect-refused' });
  expect(thief.seen).toHaveLength(0);
  await moving.close();
});

test('a next page on a declared host is followed there, with the credentials of the source', async () => {
  const next = await serve((_request, response) => sendJson(response, []));
  const request = ({ skip }: { skip: number }) =>
    ({ method: 'POST', path: skip === 0 ? '/hosts?skip=0' : `${next.url}/more` }) as const;
  const { failure } = await collect(listInput(vendor.url, { request, redirects: { hosts: () => [next.host] } }));
  expect(failure).toBeUndefined();
  expect(next.seen[0]!.headers['token']).toBe('SECRET-canary');
  await next.close();
});
