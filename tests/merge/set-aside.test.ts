import { normalizedHost } from '../../src/normalize/normalized-host.js';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { putRecords } from '../../src/store/collections/records.js';
import { countAside, isDefect, recordsAside, retryAside } from '../../src/merge/set-aside.js';
import { record } from '../host/records.js';
import { readObservation, storedObservation } from '../../src/store/stored-observation.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

let store: Store;
let tick = 0;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

/** Two vendors report each machine with its serial number. */
async function put(...numbers: number[]): Promise<void> {
  for (const vendor of ['qualys', 'crowdstrike']) {
    const observedAt = new Date(1_700_000_000_000 + ++tick * 1_000);
    const records = numbers.map((n) => {
      const one = record(`${vendor}:${n}`, {
        hostname: `web-${n}`,
        tags: [`t${tick}`],
        hw_info: { serial_number: `SERIAL${String(n).padStart(4, '0')}` },
      });
      return normalizedHost(one);
    });
    await putRecords(store, { source: vendor, vendor, page: `p${tick}`, run: 'r', observedAt }, records);
  }
}
const merge = () => mergeChanged(store, { holder: 'test', run: 'run-7' });
const hosts = async () =>
  (await store.hosts.find().toArray()).map(({ sources }) => sources.map((one) => one.record).join('+')).sort();
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const BROKEN = { $set: { observation: null as never } };

test('records whose component cannot be merged are set aside by name, all others are merged, and later ones too', async () => {
  await put(...numbers(20));
  await store.records.updateOne({ _id: 'qualys:11' }, BROKEN);
  const reported: string[] = [];
  const merged = await mergeChanged(store, { holder: 'test', run: 'run-7', onAside: (ids) => reported.push(...ids) });
  expect(merged).toMatchObject({ records: 38, created: 19, aside: 2, more: false });
  expect(reported.sort()).toEqual(['crowdstrike:11', 'qualys:11']);
  expect((await hosts()).filter((one) => one.includes(':11'))).toEqual([]);
  const aside = await recordsAside(store, 10);
  expect(aside.map(({ record: id }) => id).sort()).toEqual(['crowdstrike:11', 'qualys:11']);
  for (const { run, error, at } of aside) {
    expect(run).toBe('run-7');
    expect(error).toMatch(/^TypeError at \S+ ?\(?[\w./-]+:\d+:\d+\)?$/);
    expect(at).toBeInstanceOf(Date);
  }
  // They wait for a user and do not block other records.
  await put(100);
  expect(await merge()).toMatchObject({ records: 2, created: 1, aside: 0 });
  expect(await countAside(store)).toBe(2);
});

test('a record that was set aside is merged when it changes, or when a user requests another try', async () => {
  await put(1, 2, 3);
  const { observation } = (await store.records.findOne({ _id: 'qualys:2' }))!;
  await store.records.updateOne({ _id: 'qualys:2' }, BROKEN);
  expect((await merge()).aside).toBe(2);
  // The record is still broken, so it is set aside again.
  expect(await retryAside(store)).toBe(2);
  expect(await merge()).toMatchObject({ records: 0, aside: 2 });
  expect(await countAside(store)).toBe(2);

  await store.records.updateOne({ _id: 'qualys:2' }, { $set: { observation } });
  expect(await retryAside(store)).toBe(2);
  expect(await merge()).toMatchObject({ records: 2, aside: 0 });
  expect(await countAside(store)).toBe(0);
  expect(await hosts()).toEqual(['crowdstrike:1+qualys:1', 'crowdstrike:2+qualys:2', 'crowdstrike:3+qualys:3']);

  // Now the other record of the component is broken, and its source corrects it.
  await store.records.updateOne({ _id: 'qualys:3' }, BROKEN);
  await store.records.updateOne({ _id: 'crowdstrike:3' }, { $set: { dirty: true, unresolved: true } });
  expect((await merge()).aside).toBe(1);
  await put(3);
  expect(await merge()).toMatchObject({ aside: 0 });
  expect(await countAside(store)).toBe(0);
});

test('when a host grows above the document limit of MongoDB, only its records are set aside', async () => {
  await put(1, 2);
  await merge();
  const tags = numbers(9).map((n) => `${n}`.repeat(950_000));
  for (const _id of ['qualys:2', 'crowdstrike:2']) {
    const observation = readObservation((await store.records.findOne({ _id }))!);
    observation.tags = tags.map((tag) => `${_id}${tag}`);
    await store.records.updateOne(
      { _id },
      { $set: { ...storedObservation(observation), dirty: true, unresolved: true } },
    );
  }
  await put(5);
  const merged = await merge();
  expect(merged.aside).toBe(2);
  expect(await countAside(store)).toBe(2);
  expect(await hosts()).toContain('crowdstrike:5+qualys:5');
});

test('no record is set aside while MongoDB is not reachable', async () => {
  await put(1);
  const away = await freshStore({ database: store.db.databaseName });
  await away.close();
  const failed = await mergeChanged(away, { holder: 'test', run: 'r' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(Error);
  expect(isDefect(failed)).toBe(false);
  expect(await countAside(store)).toBe(0);
  expect(await merge()).toMatchObject({ records: 2 });
});
