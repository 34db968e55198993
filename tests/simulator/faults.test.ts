import { request } from 'node:http';
import { startSimulator, type Simulator } from '../../simulator/server.js';
import { bearer, bodyError, control, demo, demoPage, devicePage, devices, qps, qpsPage, setFaults } from './clients.js';

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startSimulator({ hosts: 300, seed: 5 });
  ({ url } = simulator);
});
afterEach(async () => {
  await fetch(`${url}/_control/faults`, { method: 'DELETE' });
});
afterAll(() => simulator.stop());

const ids = async (skip: number, limit = 10): Promise<unknown[]> =>
  (await demoPage(url, 'qualys', skip, limit)).map(({ id }) => id);
const statuses = async (count: number): Promise<number[]> => {
  const seen: number[] = [];
  for (let time = 0; time < count; time++) seen.push((await demo(url, 'qualys', 0, 1)).status);
  return seen;
};

test('a fault applies to its request, to each nth request, or to a series of requests', async () => {
  await setFaults(url, { kind: 'status', status: 503, at: 2 });
  expect(await statuses(4)).toEqual([200, 503, 200, 200]);
  await setFaults(url, { kind: 'status', status: 503, every: 2 });
  expect(await statuses(4)).toEqual([200, 503, 200, 503]);
  await setFaults(url, { kind: 'outage', at: 2, times: 2 });
  expect(await statuses(4)).toEqual([200, 500, 500, 200]);
});

test('a fault applies only to its protocol', async () => {
  await setFaults(url, { kind: 'outage', on: 'crowdstrike-demo' });
  expect(await statuses(1)).toEqual([200]);
  expect((await demo(url, 'crowdstrike', 0, 1)).status).toBe(500);
});

test('an outage is a 500 with a text that is not the end-of-data text', async () => {
  await setFaults(url, { kind: 'outage' });
  expect(await (await demo(url, 'qualys', 0, 1)).text()).toBe('Error upstream database unavailable');
  await setFaults(url, { kind: 'end-text' });
  expect(await (await demo(url, 'qualys', 0, 1)).text()).toMatch(/^Error invalid skip\/limit combo/);
});

test('a Qualys rate limit is a 409 with its code, text and headers', async () => {
  await setFaults(url, { kind: 'rate', on: 'qualys', limit: 1, ms: 60_000 });
  expect((await qps(url)).status).toBe(200);
  const rejected = await qps(url, { format: 'xml' });
  expect(rejected.status).toBe(409);
  expect(Number(rejected.headers.get('x-ratelimit-towait-sec'))).toBeGreaterThan(50);
  expect(await rejected.text()).toMatch(/<CODE>1965<\/CODE>.*SECONDS_TO_WAIT/s);
});

test('too many Qualys requests at a time get a 409 with code 1960', async () => {
  await setFaults(url, { kind: 'concurrency', on: 'qualys', limit: 2 }, { kind: 'latency', on: 'qualys', ms: 50 });
  const responses = await Promise.all([qps(url), qps(url), qps(url)]);
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(2);
  const rejected = responses.find(({ status }) => status === 409);
  expect(await rejected?.text()).toContain('1960');
});

test('a gateway error is HTML, and Retry-After is in seconds, a date, or absent', async () => {
  await setFaults(url, { kind: 'status', status: 502 });
  expect(await (await demo(url, 'qualys', 0, 1)).text()).toMatch(/^<html>/);
  const waits: (string | null)[] = [];
  for (const retryAfter of ['seconds', 'date', 'none'] as const) {
    await setFaults(url, { kind: 'status', status: 429, seconds: 5, retryAfter });
    waits.push((await demo(url, 'qualys', 0, 1)).headers.get('retry-after'));
  }
  expect(waits).toEqual(['5', expect.stringMatching(/GMT$/), null]);
});

test('a fault can replace a body with HTML, an object, nothing, or an error', async () => {
  const body = async (kind: 'html' | 'object' | 'empty-body' | 'errors'): Promise<string> => {
    await setFaults(url, { kind });
    const response = await demo(url, 'qualys', 0, 1);
    expect(response.status).toBe(200);
    return response.text();
  };
  expect(await body('html')).toContain('<form');
  expect(await body('object')).toBe('{}');
  expect(await body('empty-body')).toBe('');
  expect(await body('errors')).toContain('error');
  expect((await devicePage(url, await bearer(url))).errors).toHaveLength(1);
  expect((await qpsPage(url)).responseCode).toBe('INVALID_REQUEST');
});

test('a body that is cut or reset does not arrive completely', async () => {
  for (const kind of ['cut', 'reset'] as const) {
    await setFaults(url, { kind, at: 1 });
    expect(await bodyError(demo(url, 'qualys', 0, 10))).not.toBe('whole');
    expect(await ids(0)).toHaveLength(10);
  }
});

test('a hanging request gets no response, and a stalled body stops half way', async () => {
  for (const kind of ['hang', 'stall'] as const) {
    await setFaults(url, { kind, at: 1 });
    const signal = AbortSignal.timeout(150);
    const response = fetch(`${url}/api/qualys/hosts/get?skip=0&limit=10`, {
      method: 'POST',
      headers: { token: 'demo-token' },
      signal,
    });
    expect(await bodyError(response)).toMatch(/timeout/);
  }
});

test('a trickling body arrives in small portions', async () => {
  await setFaults(url, { kind: 'trickle', bytes: 4000, ms: 20 });
  const start = Date.now();
  expect(await ids(0, 5)).toHaveLength(5);
  expect(Date.now() - start).toBeGreaterThan(80);
});

test('latency delays a response', async () => {
  await setFaults(url, { kind: 'latency', ms: 80 });
  const start = Date.now();
  await ids(0, 1);
  expect(Date.now() - start).toBeGreaterThanOrEqual(78);
});

/** The number of bytes on the wire, before decompression. */
function wireLength(): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { token: 'demo-token' };
    request(`${url}/api/qualys/hosts/get?skip=0&limit=1`, { method: 'POST', headers }, (response) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => (length += chunk.length)).on('end', () => resolve(length));
    })
      .on('error', reject)
      .end();
  });
}

test('a gzip bomb is small on the wire and large when unpacked', async () => {
  await setFaults(url, { kind: 'gzip-bomb', bytes: 20 * 1024 * 1024 });
  expect(await wireLength()).toBeLessThan(40_000);
  expect(await (await demo(url, 'qualys', 0, 1)).text()).toHaveLength(20 * 1024 * 1024);
  await setFaults(url, { kind: 'bad-gzip' });
  expect(await bodyError(demo(url, 'qualys', 0, 1))).not.toBe('whole');
});

test('an oversize body is still a page', async () => {
  await setFaults(url, { kind: 'oversize', bytes: 3_000_000 });
  const text = await (await demo(url, 'qualys', 0, 1)).text();
  expect(text.length).toBeGreaterThan(3_000_000);
  expect(JSON.parse(text)).toHaveLength(1);
});

test('a redirect leads to another origin, which counts the requests and secrets that arrive there', async () => {
  await setFaults(url, { kind: 'redirect' });
  const response = await demo(url, 'qualys', 0, 1);
  expect(response.status).toBe(200);
  // fetch follows the redirect and sends the custom header again.
  expect(await control(url, 'GET', 'state')).toMatchObject({ strays: { requests: 1, withSecrets: 1 } });
});

test('tokens are valid for the configured time', async () => {
  await setFaults(url, { kind: 'token-lifetime', seconds: 1 });
  const token = await bearer(url);
  expect((await devices(url, token)).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 1050));
  expect((await devices(url, token)).status).toBe(401);
});

test('an unknown fault is rejected, and the error names it', async () => {
  await expect(setFaults(url, { kind: 'nonsense' } as never)).rejects.toThrow(
    /Unknown fault .*nonsense.*choose from latency/,
  );
});
