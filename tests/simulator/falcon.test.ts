import { CLIENT_ID } from '../../simulator/credentials.js';
import { startSimulator, type Simulator } from '../../simulator/server.js';
import { bearer, demoPage, devicePage, devices, setFaults } from './clients.js';

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startSimulator({ hosts: 300, seed: 5 });
  ({ url } = simulator);
});
afterEach(() => setFaults(url));
afterAll(() => simulator.stop());

test('a token is created with status 201 and its lifetime', async () => {
  const body = new URLSearchParams({ client_id: CLIENT_ID, client_secret: 'demo-secret' });
  const response = await fetch(`${url}/oauth2/token`, { method: 'POST', body });
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ access_token: expect.any(String), token_type: 'bearer', expires_in: 1799 });
});

test('a wrong id gets a 400 and a wrong secret a 403', async () => {
  const ask = (id: string, secret: string) =>
    fetch(`${url}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: id, client_secret: secret }),
    });
  expect((await ask('nobody', 'demo-secret')).status).toBe(400);
  expect((await ask(CLIENT_ID, 'wrong')).status).toBe(403);
});

test('pages by opaque token list every device once, in the order of their ids', async () => {
  const token = await bearer(url);
  const seen: string[] = [];
  for (let offset: string | undefined = ''; offset !== undefined;) {
    const page = await devicePage(url, token, { limit: '41', sort: 'device_id.asc', ...(offset ? { offset } : {}) });
    expect(page.meta.pagination.total).toBe(simulator.inventory.count('crowdstrike'));
    seen.push(...(page.resources ?? []).map(({ device_id }) => device_id as string));
    offset = page.meta.pagination.next;
  }
  expect(seen).toEqual(seen.toSorted());
  const demo = await demoPage(url, 'crowdstrike', 0, simulator.inventory.count('crowdstrike'));
  expect(seen).toEqual(demo.map(({ device_id }) => device_id));
});

test('times are plain text, and each response contains the quota', async () => {
  const response = await devices(url, await bearer(url), { limit: '5' });
  expect(response.headers.get('x-ratelimit-limit')).toBe('6000');
  expect(await response.text()).not.toContain('$date');
});

test('a page token is valid only with its sort and filter', async () => {
  const token = await bearer(url);
  const { meta } = await devicePage(url, token, { limit: '5' });
  const filter = "platform_name:'Mac'";
  const other = await devices(url, token, { limit: '5', offset: meta.pagination.next ?? '', filter });
  expect(other.status).toBe(400);
});

test('a filter selects devices', async () => {
  const page = await devicePage(url, await bearer(url), { limit: '500', filter: "platform_name:'Mac'" });
  expect(page.resources?.length).toBe(page.meta.pagination.total);
  expect(new Set(page.resources?.map(({ platform_name }) => platform_name))).toEqual(new Set(['Mac']));
});

test('an unknown or expired token gets a 401', async () => {
  expect((await devices(url, 'unknown')).status).toBe(401);
  const token = await bearer(url);
  await setFaults(url, { kind: 'expire-tokens' });
  expect((await devices(url, token)).status).toBe(401);
  const next = await bearer(url);
  await setFaults(url, { kind: 'expire-tokens', at: 2 });
  expect((await devices(url, next)).status).toBe(200);
  expect((await devices(url, next)).status).toBe(401);
  expect((await devices(url, await bearer(url))).status).toBe(200);
});

test('the wrong region responds 308, and the right one returns the data', async () => {
  await setFaults(url, { kind: 'region' });
  const moved = await fetch(`${url}/oauth2/token`, { method: 'POST', redirect: 'manual' });
  expect([moved.status, moved.headers.get('x-cs-region')]).toEqual([308, 'us-2']);
  expect(moved.headers.get('location')).toBe(`${simulator.regionUrl}/oauth2/token`);
  const token = await bearer(simulator.regionUrl);
  const data = await devices(url, token, { limit: '2' });
  expect(data.headers.get('location')).toBe(`${simulator.regionUrl}/devices/combined/devices/v1?limit=2`);
  expect((await devicePage(simulator.regionUrl, token, { limit: '2' })).resources).toHaveLength(2);
});

test('a 429 names the second of the next permitted request', async () => {
  await setFaults(url, { kind: 'status', status: 429, seconds: 30, at: 1 });
  const response = await devices(url, await bearer(url));
  expect(response.status).toBe(429);
  const wait = Number(response.headers.get('x-ratelimit-retryafter')) - Date.now() / 1000;
  expect(wait).toBeGreaterThan(28);
  expect(wait).toBeLessThan(32);
});
