import { startSimulator, type Simulator } from '../../simulator/server.js';
import { bearer, demo, demoPage, devicePage, devices, qpsPage, setFaults } from './clients.js';

let simulator: Simulator;
let url: string;
beforeAll(async () => {
  simulator = await startSimulator({ hosts: 200, seed: 5 });
  ({ url } = simulator);
});
afterEach(async () => {
  await fetch(`${url}/_control/faults`, { method: 'DELETE' });
});
afterAll(() => simulator.stop());

const ids = async (skip: number, limit = 10): Promise<unknown[]> =>
  (await demoPage(url, 'qualys', skip, limit)).map(({ id }) => id);
test('the fault duplicate-page serves a page twice', async () => {
  const [first, second] = [await ids(0), await ids(10)];
  await setFaults(url, { kind: 'duplicate-page', on: 'qualys-demo', at: 2 });
  expect([await ids(0), await ids(10), await ids(10)]).toEqual([first, first, second]);
});

test('a new first record makes pages overlap, and a deleted first record makes them skip a record', async () => {
  const all = await ids(0, 30);
  await setFaults(url, { kind: 'insert-front', at: 1 });
  expect([await ids(0), await ids(10)]).toEqual([all.slice(0, 10), all.slice(9, 19)]);
  expect(all).not.toContain((await ids(0, 1))[0]);
  await setFaults(url, { kind: 'delete-front', at: 1 });
  expect([await ids(0), await ids(10)]).toEqual([all.slice(0, 10), all.slice(11, 21)]);
});

test('the fault repeat-last returns the last page for every later request', async () => {
  await setFaults(url, { kind: 'repeat-last' });
  const count = simulator.inventory.count('qualys');
  expect(await ids(count, 10)).toEqual(await ids(count - 10, 10));
  const last = await qpsPage(url, { after: '999999999', limit: 5 });
  expect([last.hasMoreRecords, last.data?.length]).toEqual(['true', 5]);
  const token = await bearer(url);
  let offset = '';
  for (let time = 0; time < 5; time++) {
    const page = await devicePage(url, token, { limit: '100', ...(offset ? { offset } : {}) });
    offset = page.meta.pagination.next ?? '';
    expect(offset).not.toBe('');
    expect(page.resources?.length).toBeGreaterThan(0);
  }
});

test('an endless listing always has new hosts', async () => {
  await setFaults(url, { kind: 'endless' });
  const seen = new Set(await ids(0, 300));
  for (const id of await ids(300, 300)) seen.add(id);
  const page = await qpsPage(url, { after: '305099999', limit: 50 });
  expect([seen.size, page.data?.length, page.hasMoreRecords]).toEqual([600, 50, 'true']);
  const token = await bearer(url);
  const devicesSeen = new Set<unknown>();
  for (let offset = '', time = 0; time < 4; time++) {
    const next = await devicePage(url, token, { limit: '150', ...(offset ? { offset } : {}) });
    for (const device of next.resources ?? []) devicesSeen.add(device['device_id']);
    offset = next.meta.pagination.next ?? '';
  }
  expect(devicesSeen.size).toBe(600);
});

test('an empty listing is empty in each protocol', async () => {
  await setFaults(url, { kind: 'no-hosts' });
  expect((await demo(url, 'qualys', 0, 1)).status).toBe(500);
  expect(await qpsPage(url)).toEqual({ count: 0, responseCode: 'SUCCESS' });
  expect(await devicePage(url, await bearer(url))).toMatchObject({ meta: { pagination: { total: 0 } }, resources: [] });
});

test('a page is shorter than requested with short-page, and rejected with max-page', async () => {
  await setFaults(url, { kind: 'short-page', records: 4 });
  expect(await ids(0)).toHaveLength(4);
  await setFaults(url, { kind: 'max-page', records: 4 });
  expect((await demo(url, 'qualys', 0, 5)).status).toBe(500);
  expect((await devices(url, await bearer(url), { limit: '5' })).status).toBe(400);
});
