import { startSimulator, type Simulator } from '../../simulator/server.js';
import { DEMO_TOKEN } from '../../simulator/credentials.js';

interface Page {
  items: Record<string, string>[];
  total: number;
}

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ hosts: 1000, seed: 7 });
});
afterAll(() => simulator.stop());

const ask = (path: string, authorization = `Bearer ${DEMO_TOKEN}`) =>
  fetch(`${simulator.url}/cmdb/${path}`, { headers: { authorization } });
const page = async (query: string) => (await (await ask(`items?${query}`)).json()) as Page;

test('the register lists office machines in pages, some with the number of a sticker only', async () => {
  const { items, total } = await page('limit=1000');
  expect(items).toHaveLength(total);
  expect(total).toBeGreaterThan(200);
  const [first, second] = [await page('skip=0&limit=100'), await page('skip=100&limit=100')];
  expect([...first.items, ...second.items]).toEqual(items.slice(0, 200));
  expect((await page(`skip=${total}&limit=100`)).items).toEqual([]);
  const old = items.filter(({ id }) => id === undefined);
  expect(old.length).toBeGreaterThan(0);
  expect(old.length).toBeLessThan(total / 10);
  for (const { asset_tag: tag } of old) expect(tag).toMatch(/^OLD-\d{6}$/);
});

test('a wrong token, a wrong path and a wrong page are rejected', async () => {
  expect((await ask('items', 'Bearer other')).status).toBe(401);
  expect((await ask('others')).status).toBe(404);
  for (const query of ['limit=0', 'limit=1001', 'skip=-1', 'skip=x'])
    expect((await ask(`items?${query}`)).status).toBe(400);
});
