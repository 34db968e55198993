import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { loadConfig } from '../../src/config.js';
import type { Resolve } from '../../src/network/lookup.js';
import { useNetwork } from '../../src/network/network.js';
import { collect, failureOf, listInput } from '../connectors/http/collect.js';
import { sendJson, sendText, serve, type HttpServer } from '../support/http-server.js';

let server: HttpServer;
beforeAll(async () => {
  server = await serve(({ query }, response) => {
    response.setHeader('connection', 'close');
    sendJson(response, query.get('skip') === '0' ? [{ id: 1 }, { id: 2 }] : []);
  });
});
afterAll(async () => server.close());
beforeEach(() => {
  server.seen.length = 0;
});
afterEach(() => useNetwork({ onPremises: [], environment: {} }));

/** Sets the DNS responses of a test. Each name gives its responses in turn, and then repeats the last one. */
function names(responses: Record<string, string[][]>, onPremises: string[] = []): string[] {
  const asked: string[] = [];
  const resolve: Resolve = (hostname, _options, callback) => {
    asked.push(hostname);
    const turns = responses[hostname] ?? [];
    const addresses = (turns.length > 1 ? turns.shift()! : (turns[0] ?? [])).map((address): LookupAddress => ({
      address,
      family: isIP(address),
    }));
    callback(null, addresses);
  };
  useNetwork({ onPremises, environment: {}, resolve });
  return asked;
}

const port = () => new URL(server.url).port;

test.each([
  ['127.0.0.1', 'an address of this machine'],
  ['::1', 'an address of this machine'],
  ['0.0.0.0', 'an address of this machine'],
  ['::', 'an address of this machine'],
  ['10.1.2.3', 'a private address'],
  ['172.31.255.255', 'a private address'],
  ['192.168.0.1', 'a private address'],
  ['fd12:3456::1', 'a private address'],
  ['100.64.0.1', 'a private address of a carrier'],
  ['169.254.7.7', 'a link-local address'],
  ['fe80::1', 'a link-local address'],
  ['169.254.169.254', 'a metadata service'],
  ['fd00:ec2::254', 'a metadata service'],
  ['100.100.100.200', 'a metadata service'],
  ['::ffff:10.0.0.1', 'a private address'],
  ['::ffff:169.254.169.254', 'a metadata service'],
  ['64:ff9b::a9fe:a9fe', 'a metadata service'],
  ['64:ff9b::7f00:1', 'an address of this machine'],
  ['2002:7f00:1::', 'not on the Internet'],
  ['::7f00:1', 'not on the Internet'],
  ['224.0.0.1', 'not on the Internet'],
  ['255.255.255.255', 'not on the Internet'],
  ['240.0.0.1', 'not on the Internet'],
  ['fec0::1', 'not on the Internet'],
])('no request goes to a vendor whose name resolves to %s: that is %s', async (address, why) => {
  names({ 'vendor.test': [[address]] });
  const failure = await failureOf(listInput(`http://vendor.test:${port()}`));
  expect(failure.kind).toBe('address-refused');
  expect(failure.message).toContain(`vendor.test resolves to ${address}, `);
  expect(failure.message).toContain(why);
  expect(failure.details.remedy).toContain('ROLLCALL_ON_PREMISES');
  expect(server.seen).toHaveLength(0);
});

test.each([
  'http://169.254.169.254/latest',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://[::ffff:a9fe:a9fe]',
  'http://[fd00:ec2::254]',
  'http://[fe80::1]',
  'http://169.254.1.1',
  'http://0.0.0.0',
  'http://[::]',
  'http://[::ffff:7f00:1]',
  'http://[64:ff9b::7f00:1]',
])('a base URL %s is rejected before anything is sent', async (base) => {
  expect(await failureOf(listInput(base))).toMatchObject({ kind: 'address-refused' });
});

test.each([['vendor.test'], ['.test'], ['*.test'], ['127.0.0.0/8'], ['127.0.0.1']])(
  'requests go to an on-premises vendor after %s is declared',
  async (entry) => {
    names({ 'vendor.test': [['127.0.0.1']] }, [entry]);
    const { rows, failure } = await collect(listInput(`http://vendor.test:${port()}`));
    expect(failure).toBeUndefined();
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
  },
);

test('no declaration lets a source send requests to a metadata service', async () => {
  names({ 'vendor.test': [['169.254.169.254']] }, ['*', '169.254.0.0/16', 'vendor.test']);
  expect(await failureOf(listInput('http://vendor.test'))).toMatchObject({ kind: 'address-refused' });
});

test('a base URL with an address of this machine or localhost needs no declaration', async () => {
  for (const base of [server.url, server.url.replace('127.0.0.1', 'localhost')])
    expect((await collect(listInput(base))).failure).toBeUndefined();
});

test('a name that resolves to another address a moment later leads nowhere else: the input connects only to checked addresses', async () => {
  const asked = names({ 'vendor.test': [['127.0.0.1'], ['10.0.0.1']] }, ['127.0.0.1']);
  const { rows, failure } = await collect(listInput(`http://vendor.test:${port()}`));
  // The server closes each connection, so the next page needs another look-up.
  expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
  expect(failure).toMatchObject({ kind: 'address-refused', message: expect.stringContaining('10.0.0.1') });
  expect(asked).toEqual(['vendor.test', 'vendor.test']);
});

test('of several addresses, the input uses those that are allowed', async () => {
  names({ 'vendor.test': [['10.0.0.1', '127.0.0.1', '169.254.169.254']] }, ['127.0.0.1']);
  expect((await collect(listInput(`http://vendor.test:${port()}`))).failure).toBeUndefined();
});

test('a redirect to a declared host whose name resolves to an internal address is rejected like the base URL', async () => {
  names({ 'eu.test': [['127.0.0.1']] });
  const moved = await serve((_request, response) =>
    sendText(response, '', 308, { location: `https://eu.test:${port()}` }),
  );
  const redirects = { hosts: () => [`eu.test:${port()}`] };
  expect((await failureOf(listInput(moved.url, { redirects }))).kind).toBe('address-refused');
  expect(server.seen).toHaveLength(0);
  await moved.close();
});

test('an entry that is not a host is reported before anything starts', () => {
  expect(() => loadConfig({ ROLLCALL_ON_PREMISES: '10.0.0.0/8,http://inventory.corp' })).toThrow(
    /ROLLCALL_ON_PREMISES: http:\/\/inventory\.corp is neither a host nor a network/,
  );
  expect(loadConfig({ ROLLCALL_ON_PREMISES: '10.0.0.0/8, *.corp fd00::/8' }).onPremises).toEqual([
    '10.0.0.0/8',
    '*.corp',
    'fd00::/8',
  ]);
});
