import { postAlert } from '../../src/alerts/post.js';
import { loadConfig } from '../../src/config.js';
import { Queue } from '../../src/connectors/sqs/queue.js';
import { useNetwork } from '../../src/network/network.js';
import { proxyFor } from '../../src/network/proxy.js';
import { nativeProxy } from '../../src/temporal/proxy.js';
import type { AlertDoc } from '../../src/store/documents/alerts.js';
import { collect, failureOf, listInput } from '../connectors/http/collect.js';
import { sendJson, serve, type HttpServer } from '../support/http-server.js';
import { startProxy, type HttpProxy } from '../support/proxy.js';

let server: HttpServer;
let proxy: HttpProxy;
beforeAll(async () => {
  server = await serve(({ query, headers }, response) => {
    if (headers['x-amz-target']) return sendJson(response, { Messages: [] });
    sendJson(response, query.get('skip') === '0' ? [{ id: 1 }, { id: 2 }] : []);
  });
  proxy = await startProxy(server.host);
});
afterAll(async () => {
  useNetwork({ onPremises: [], environment: {} });
  await Promise.all([server.close(), proxy.close()]);
});
beforeEach(() => {
  server.seen.length = 0;
  proxy.seen.length = 0;
});

const through = (environment: Record<string, string>) => useNetwork({ onPremises: [], environment });

test.each(['HTTP_PROXY', 'http_proxy'])(
  'requests to a vendor go through %s, with the credentials of the proxy',
  async (name) => {
    through({ [name]: proxy.url.replace('//', '//us%20er:p%40ss@') });
    const { rows, failure } = await collect(listInput('http://vendor.invalid/api'));
    expect(failure).toBeUndefined();
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
    expect(proxy.seen[0]).toEqual({
      line: 'POST http://vendor.invalid/api/hosts?skip=0&limit=2',
      credentials: `Basic ${Buffer.from('us er:p@ss').toString('base64')}`,
    });
    expect(server.seen[0]!.headers['token']).toBe('SECRET-canary');
  },
);

test.each(['HTTPS_PROXY', 'https_proxy'])(
  'TLS goes through a tunnel of %s, and the proxy gets no secret',
  async (name) => {
    through({ [name]: proxy.url });
    // The target of the tunnel does not support TLS, so the request fails. The test checks only that the tunnel was
    // requested.
    const failure = await failureOf(listInput('https://vendor.invalid'));
    expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('TLS') });
    expect(proxy.seen).toEqual([{ line: 'CONNECT vendor.invalid:443', credentials: undefined }]);
    expect(server.seen).toHaveLength(0);
  },
);

test('an error response of the proxy is reported as such, without its password', async () => {
  const rejecting = await startProxy(server.host, 403);
  through({ HTTPS_PROXY: rejecting.url.replace('//', '//user:SECRET-canary@') });
  const failure = await failureOf(listInput('https://vendor.invalid'));
  expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('the proxy responded 403') });
  expect(JSON.stringify([failure.message, failure.details])).not.toContain('SECRET');
  await rejecting.close();
});

test('an internal address is rejected with a proxy as well, and requests to this machine go directly', async () => {
  through({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
  expect(await failureOf(listInput('http://169.254.169.254'))).toMatchObject({ kind: 'address-refused' });
  expect((await collect(listInput(server.url))).failure).toBeUndefined();
  expect(proxy.seen).toEqual([]);
});

test('connections with and without a proxy are reused', async () => {
  const ports = new Set<number | undefined>();
  const counting = await serve(({ query }, response) => {
    ports.add(response.req.socket.remotePort);
    const skip = Number(query.get('skip'));
    sendJson(response, skip < 20 ? [{ id: skip }, { id: skip + 1 }] : []);
  });
  through({});
  expect((await collect(listInput(counting.url))).rows).toHaveLength(20);
  expect(ports.size).toBeLessThanOrEqual(2);
  await counting.close();
});

test('alerts go through the proxy', async () => {
  through({ HTTP_PROXY: proxy.url });
  const alert = { _id: 'a', kind: 'run-failed', run: 'r', reason: 'x', at: new Date() } as unknown as AlertDoc;
  await postAlert('http://chat.invalid/hook', alert, new AbortController().signal);
  expect(proxy.seen.map(({ line }) => line)).toEqual(['POST http://chat.invalid/hook']);
});

test.each([
  ['http://sqs.invalid', 'POST http://sqs.invalid/'],
  ['https://sqs.invalid', 'CONNECT sqs.invalid:443'],
])('queues at %s go through the proxy', async (origin, line) => {
  through({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
  const keys = { accessKeyId: 'x', secretAccessKey: 'x' };
  const queue = new Queue({ source: 'logins', queueUrl: `${origin}/1/logins`, region: 'us-east-1', ...keys });
  const received = queue.receive(1, 0, 30, new AbortController().signal);
  if (origin.startsWith('http:')) expect(await received).toEqual([]);
  else await expect(received).rejects.toThrow();
  expect(proxy.seen[0]?.line).toBe(line);
});

test('a worker reaches Temporal through the proxy, unless Temporal is on this machine', () => {
  through({ HTTPS_PROXY: 'http://user:p%40ss@proxy.corp:3128', NO_PROXY: '.internal' });
  expect(nativeProxy('temporal.cloud.test:7233')).toEqual({
    proxy: { type: 'http-connect', targetHost: 'proxy.corp:3128', basicAuth: { username: 'user', password: 'p@ss' } },
  });
  for (const address of ['127.0.0.1:7233', 'localhost:7233', '[::1]:7233', 'temporal.internal:7233'])
    expect(nativeProxy(address)).toEqual({});
});

test.each([
  ['https://a.corp', 'corp', false],
  ['https://a.corp', '.corp', false],
  ['https://a.corp', '*.corp', false],
  ['https://corp', '.corp', false],
  ['https://notcorp', 'corp', true],
  ['https://a.corp', 'A.CORP', false],
  ['https://a.corp:8443', 'a.corp:443', true],
  ['https://a.corp', 'a.corp:443', false],
  ['https://10.1.2.3', '10.0.0.0/8', false],
  ['https://11.1.2.3', '10.0.0.0/8', true],
  ['https://[2001:db8::1]', '2001:db8::/32', false],
  ['https://a.corp', '*', false],
  ['https://a.corp', 'b.corp, a.corp', false],
  ['https://localhost', '', false],
  ['https://127.9.9.9', '', false],
])('%s with NO_PROXY=%s goes through the proxy: %s', (url, list, proxied) => {
  const environment = { HTTPS_PROXY: 'proxy.corp:3128', no_proxy: list };
  expect(proxyFor(new URL(url), environment)?.href).toBe(proxied ? 'http://proxy.corp:3128/' : undefined);
});

test.each([
  ['HTTPS_PROXY', 'socks5://user:SECRET@proxy.corp'],
  ['HTTP_PROXY', 'http://user:SECRET%@proxy.corp'],
  ['https_proxy', 'http://'],
  ['NO_PROXY', 'a/b'],
])('the invalid %s=%s is reported before anything starts, without a password', (name, value) => {
  let message = '';
  try {
    loadConfig({ [name]: value });
  } catch (error) {
    message = (error as Error).message;
  }
  expect(message).toContain(name.toUpperCase());
  expect(message).not.toContain('SECRET');
});
