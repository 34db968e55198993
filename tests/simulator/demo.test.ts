import { startSimulator, type Simulator } from '../../simulator/server.js';
import { demo, demoPage } from './clients.js';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ hosts: 300, seed: 5 });
});
afterAll(() => simulator.stop());

test('a page is a bare array of records in extended JSON', async () => {
  const [host] = await demoPage(simulator.url, 'qualys', 0, 1);
  expect(host?.['_id']).toBe(host?.['id']);
  expect(host?.['modified']).toMatch(/^\d{4}-.*Z$/);
  const [device] = await demoPage(simulator.url, 'crowdstrike', 3, 1);
  expect(device?.['modified_timestamp']).toEqual({ $date: expect.stringMatching(/\.000Z$/) });
  expect(device?.['last_seen']).toMatch(/^\d{4}-.*Z$/);
});

test('numbers above 2^31 are wrapped and smaller ones are not', async () => {
  const hosts = await demoPage(simulator.url, 'qualys', 0, 200);
  const text = JSON.stringify(hosts);
  expect(text).toMatch(/"hostInstanceVulnId":\{"\$numberLong":"\d{11}"\}/);
  expect(text).toMatch(/"size":506331136/);
  expect(text).toMatch(/"size":\{"\$numberLong":"\d+"\}/);
});

test('a page that extends past the end is an error, even if it begins before the end', async () => {
  const count = simulator.inventory.count('qualys');
  const past = await demo(simulator.url, 'qualys', count - 1, 2);
  expect(past.status).toBe(500);
  expect(await past.text()).toBe('Error invalid skip/limit combo (>number of hosts)');
  expect(await demoPage(simulator.url, 'qualys', count - 1, 1)).toHaveLength(1);
});

test('a page above the limit is rejected with a text that is not the end-of-data text', async () => {
  const response = await demo(simulator.url, 'qualys', 0, 1001);
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('Error invalid limit (>1000)');
});

test('a wrong token is rejected', async () => {
  expect((await demo(simulator.url, 'qualys', 0, 1, 'wrong')).status).toBe(401);
});

test('a page of many megabytes arrives completely', async () => {
  const large = await startSimulator({ hosts: 130, fleet: 'fat' });
  const rows = await demoPage(large.url, 'qualys', 0, 100);
  expect(new Set(rows.map(({ id }) => id)).size).toBe(100);
  await large.stop();
});
