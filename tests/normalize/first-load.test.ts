import { countUnmerged } from '../../src/store/changed-records.js';
import type { PageDoc, PageOutcome } from '../../src/store/documents/pages.js';
import { pagesFrom } from '../../src/store/collections/pages.js';
import { putFirst } from '../../src/normalize/first-load.js';
import { normalizedHost } from '../../src/normalize/normalized-host.js';
import type { Store } from '../../src/store/database.js';
import { record } from '../host/records.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

const page = { _id: 'run/qualys/1', run: 'run', source: 'qualys', seq: 0, rows: 2, bytes: 100 } as PageDoc;
const origin = { source: 'qualys', vendor: 'qualys', page: page._id, run: 'run', observedAt: new Date() };
const rows = (...ids: string[]) => ids.map((id) => normalizedHost(record(`qualys:${id}`, { hostname: `host-${id}` })));
const outcome = (...ids: string[]) => ({ ids, new: ids.length, changed: 0, unchanged: 0 }) as unknown as PageOutcome;
const put = (...ids: string[]) => putFirst(store, page, origin, rows(...ids), outcome(...ids));

test('a page of new records is stored with its outcome, and its records wait to be merged without marks of their own', async () => {
  await store.pages.insertOne(page);
  expect(await put('1', '2')).toMatchObject({ new: 2 });
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  expect(await countUnmerged(store)).toBe(2);
  expect(await store.pages.findOne()).toMatchObject({
    outcome: { ids: ['1', '2'] },
    unmerged: { plan: '', records: 2 },
  });
  expect(await pagesFrom(store, 'run', 'qualys', 0, 10)).not.toEqual([
    expect.objectContaining({ unmerged: expect.anything() }),
  ]);
});

test('two attempts at one page store it once, and both get the same outcome', async () => {
  await store.pages.insertOne(page);
  const [one, other] = await Promise.all([put('1', '2'), put('1', '2')]);
  // The attempt that comes second finds the outcome, or the records, and then stores them with the lookup of later loads.
  for (const result of [one, other]) if (result !== undefined) expect(result).toMatchObject({ new: 2 });
  expect(one ?? other).toBeDefined();
  expect(await store.records.countDocuments()).toBe(2);
  expect(await countUnmerged(store)).toBe(2);
});

test('nothing is written if a record exists, cannot be stored, or the page is too large', async () => {
  await store.pages.insertOne(page);
  await store.records.insertOne({ _id: 'qualys:1' } as never);
  expect(await put('0', '1', '2')).toBeUndefined();
  const large = { ...page, rows: 2_001 };
  expect(await putFirst(store, large, origin, rows('3'), outcome('3'))).toBeUndefined();
  const unstorable = rows('4').map((one) => ({ ...one, observation: 'x'.repeat(17 * 1024 * 1024) }));
  expect(await putFirst(store, page, origin, unstorable, outcome('4'))).toBeUndefined();
  expect(await store.records.countDocuments()).toBe(1);
  expect(await store.pages.findOne()).not.toHaveProperty('outcome');
});
