import { once } from 'node:events';
import { connect } from 'node:net';
import { bindOf } from '../../src/ui/bind.js';
import { HostList } from '../../src/network/host-list.js';
import { clientAddress } from '../../src/ui/sign-in/client-address.js';
import { pathAfterLogin } from '../../src/ui/sign-in/login.js';
import { Throttle } from '../../src/ui/sign-in/throttle.js';
import { record } from '../host/records.js';
import { ask, openStand, type Stand } from './stand.js';

/** Tests over HTTP, as an attacker would: who gets access, and what a response may do in a browser. */
const TOKEN = 'correct-horse-battery-staple';
let stand: Stand;
let open: string;
let locked: string;

beforeAll(async () => {
  stand = await openStand();
  await stand.put(record('qualys:web', { hostname: 'web-01' }));
  open = (await stand.serve()).url;
  locked = (await stand.serve({ token: TOKEN })).url;
});
afterAll(() => stand.close());

describe('the address of the page', () => {
  test.each(['127.0.0.1:8300', '127.8.9.1:1', '[::1]:8300', 'localhost:0'])('%s needs no token', (address) => {
    expect(bindOf({ address }).loopback).toBe(true);
  });

  test.each(['0.0.0.0:8300', '[::]:8300', '10.1.2.3:8300', 'inventory.example.com:80', '[::ffff:10.1.2.3]:1'])(
    '%s is rejected without a token, and accepted with one',
    (address) => {
      expect(() => bindOf({ address })).toThrow(/no token is set/);
      expect(bindOf({ address, token: TOKEN }).loopback).toBe(false);
    },
  );

  test.each(['127.0.0.1', '127.0.0.1:65536', 'a/b:1', '::1:8300'])('%s is not a valid address', (address) => {
    expect(() => bindOf({ address, token: TOKEN })).toThrow(/is no address to serve at/);
  });
});

test('no response may be stored, framed, sniffed or run scripts of other sites', async () => {
  for (const path of ['/', '/hosts/none', '/api/hosts', '/runs', '/quarantine', '/reports', '/nothing']) {
    const { headers } = await ask(open, path);
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  }
});

test('on loopback the server accepts only host names of this machine', async () => {
  for (const host of ['127.0.0.1', 'localhost:8300', '[::1]:1'])
    expect((await ask(open, '/api/hosts', { headers: { host } })).status).toBe(200);
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80']) {
    const { status, text } = await ask(open, '/api/hosts', { headers: { host } });
    expect([status, text]).toEqual([421, expect.not.stringContaining('web-01')]);
  }
});

test('other sites may link to the page, and do nothing else', async () => {
  const from = (site: string, dest: string) => ({ headers: { 'sec-fetch-site': site, 'sec-fetch-dest': dest } });
  expect((await ask(open, '/', from('cross-site', 'document'))).status).toBe(200);
  expect((await ask(open, '/api/hosts', from('same-origin', 'empty'))).status).toBe(200);
  for (const dest of ['empty', 'script', 'image', 'iframe'])
    for (const site of ['cross-site', 'same-site'])
      expect((await ask(open, '/api/hosts', from(site, dest))).status).toBe(403);
});

test('the page is read-only', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    expect((await ask(open, '/hosts/x', { method })).status).toBe(405);
  expect(await ask(open, '/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test('the health endpoints respond to every client, and show nothing else', async () => {
  for (const url of [open, locked]) {
    expect(await ask(url, '/live', { headers: { host: '10.1.2.3' } })).toMatchObject({
      status: 200,
      text: '{"status":"live"}',
    });
    expect(await ask(url, '/ready')).toMatchObject({ status: 200, text: '{"status":"ready"}' });
  }
});

const login = (token: string, headers: Record<string, string> = {}, path = '/login') =>
  ask(locked, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ token }).toString(),
  });

describe('with a token', () => {
  test('nothing is shown without the token', async () => {
    for (const path of [
      '/',
      '/?q=web',
      '/results',
      '/hosts/x',
      '/runs',
      '/quarantine',
      '/reports',
      '/reports/2026-01-01/',
    ])
      expect(await ask(locked, path)).toMatchObject({
        status: 303,
        headers: { location: path === '/' ? '/login' : `/login?next=${encodeURIComponent(path)}` },
      });
    for (const path of ['/api/hosts', '/hosts/x.json'])
      expect(await ask(locked, path)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
  });

  test('a program gets access with the token as a bearer', async () => {
    const { status, text } = await ask(locked, '/api/hosts?q=web', { headers: { authorization: `Bearer ${TOKEN}` } });
    expect([status, text]).toEqual([200, expect.stringContaining('"hostname":"web-01"')]);
  });

  test('the login exchanges the token for a cookie that scripts and other sites cannot read, and that lasts 12 hours', async () => {
    const { status, headers } = await login(TOKEN, {}, '/login?next=%2Fruns');
    expect([status, headers['location']]).toEqual([303, '/runs']);
    const [cookie] = headers['set-cookie'] as string[];
    expect(cookie).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    const [pair] = cookie!.split(';');
    expect((await ask(locked, '/', { headers: { cookie: pair! } })).status).toBe(200);

    // A cookie with another expiry time or of another token has an invalid signature.
    const [, value] = pair!.split('=');
    const later = pair!.replace(/\d{13}/, (until) => String(Number(until) + 1));
    expect(value).toMatch(/^\d{13}\./);
    for (const forged of [later, 'rollcall=9999999999999', `${pair}x`])
      expect((await ask(locked, '/', { headers: { cookie: forged } })).status).toBe(303);
    const other = (await stand.serve({ token: `${TOKEN}-2` })).url;
    expect((await ask(other, '/', { headers: { cookie: pair! } })).status).toBe(303);
  });

  test('an expired cookie gives no access', async () => {
    const { headers } = await login(TOKEN);
    const [pair] = (headers['set-cookie'] as string[])[0]!.split(';');
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 12 * 3_600_000 + 1);
    try {
      expect((await ask(locked, '/', { headers: { cookie: pair! } })).status).toBe(303);
    } finally {
      jest.restoreAllMocks();
    }
  });

  test('a form on another site logs no user in', async () => {
    expect((await login(TOKEN, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await login(TOKEN, { origin: 'null' })).status).toBe(403);
    expect((await login(TOKEN, { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' })).status).toBe(403);
    expect((await login(TOKEN, { origin: locked })).status).toBe(303);
  });

  test('a link from another site is followed by a reload that sends the cookie', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' };
    expect(await ask(locked, '/runs', { headers })).toMatchObject({
      status: 200,
      text: expect.stringContaining('refresh'),
    });
  });

  test('the login redirects only to paths of the page', () => {
    for (const next of [
      '//evil.example',
      '/\\evil.example',
      'http://evil.example',
      'javascript:alert(1)',
      '/..//evil.example',
      undefined,
    ])
      expect(pathAfterLogin(next)).toBe('/');
    expect(pathAfterLogin('/?q=a&source=b')).toBe('/?q=a&source=b');
  });

  test('after five wrong tokens further wrong tokens must wait, and the right token never must', async () => {
    const own = (await stand.serve({ token: TOKEN })).url;
    const bearer = (token: string) => ask(own, '/api/hosts', { headers: { authorization: `Bearer ${token}` } });
    for (let time = 0; time < 5; time += 1) expect((await bearer('wrong')).status).toBe(401);
    const { status, headers } = await bearer('wrong');
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect((await bearer(TOKEN)).status).toBe(200);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask(own, '/login', { method: 'POST', headers: form, body: `token=${TOKEN}` })).status).toBe(303);
  });

  test('behind a declared proxy wrong tokens count for the client that sent them, and addresses that the client claims are ignored', async () => {
    const own = (await stand.serve({ token: TOKEN, proxies: ['127.0.0.0/8', '10.0.0.0/8'] })).url;
    const wrong = async (forwarded: string) => {
      const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': forwarded };
      return (await ask(own, '/api/hosts', { headers })).status;
    };
    for (let time = 0; time < 5; time += 1) expect(await wrong(`198.51.100.${time}, 203.0.113.7, 10.0.0.1`)).toBe(401);
    expect(await wrong('203.0.113.7')).toBe(429);
    expect(await wrong('203.0.113.8')).toBe(401);
    expect(await wrong('2001:db8:0:1::9')).toBe(401);
  });

  test.each([
    ['127.0.0.1', '203.0.113.7', [], '127.0.0.1'],
    ['10.0.0.1', '203.0.113.7', ['10.0.0.0/8'], '203.0.113.7'],
    ['::ffff:10.0.0.1', '[2001:db8::7]:443', ['10.0.0.0/8'], '2001:db8::/64'],
    ['10.0.0.1', '203.0.113.7:4711', ['10.0.0.0/8'], '203.0.113.7'],
    ['10.0.0.1', undefined, ['10.0.0.0/8'], '10.0.0.1'],
    ['10.0.0.1', 'unknown', ['10.0.0.0/8'], '10.0.0.1'],
    [undefined, '203.0.113.7', ['10.0.0.0/8'], 'unknown'],
  ])(
    'a connection from %s with the X-Forwarded-For %s and the proxies %j is the client %s',
    (remote, forwarded, proxies, client) => {
      expect(clientAddress({ remote, forwarded, proxies: HostList.of(proxies) })).toBe(client);
    },
  );

  test('logging out ends the session on the server, and no other session', async () => {
    const cookieOf = async () => ((await login(TOKEN)).headers['set-cookie'] as string[])[0]!.split(';')[0]!;
    const [cookie, other] = [await cookieOf(), await cookieOf()];
    const statusWith = async (pair: string) => (await ask(locked, '/', { headers: { cookie: pair } })).status;
    expect(await statusWith(cookie)).toBe(200);
    const out = await ask(locked, '/logout', { method: 'POST', headers: { cookie } });
    expect([out.status, String(out.headers['set-cookie'])]).toEqual([303, expect.stringContaining('Max-Age=0')]);
    expect([await statusWith(cookie), await statusWith(other)]).toEqual([303, 200]);
  });

  test('a client that disconnects during a request causes no error', async () => {
    const { hostname, port } = new URL(locked);
    for (const path of ['/login', '/logout']) {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      const head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/x-www-form-urlencoded`;
      socket.write(`${head}\r\ncontent-length: 100\r\n\r\ntoken=`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.resetAndDestroy();
    }
    // The server has received both requests when it responds to another one.
    await ask(locked, '/live');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stand.errors).toEqual([]);
  });

  test('wrong tokens from many addresses do not fill the memory', () => {
    const throttle = new Throttle();
    for (let from = 0; from < 5_000; from += 1) throttle.failed(String(from));
    expect((throttle as unknown as { wrong: Map<string, unknown> }).wrong.size).toBe(1_000);
    for (let time = 0; time < 5; time += 1) throttle.failed('a', 1_000);
    expect([throttle.wait('a', 2_000), throttle.wait('a', 61_001), throttle.wait('b', 2_000)]).toEqual([59, 0, 0]);
  });

  test('a body that is too long is rejected', async () => {
    const { status } = await login('x'.repeat(10_000));
    expect(status).toBe(413);
  });
});

test('no unexpected error happened', () => {
  expect(stand.errors).toEqual([]);
});
