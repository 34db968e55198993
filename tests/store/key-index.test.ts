import { randomUUID } from 'node:crypto';
import { indexesCheck } from '../../src/diagnostics/doctor/indexes.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { removeRecords } from '../../src/operations/erase/records.js';
import { putRecords } from '../../src/store/collections/records.js';
import { openStore, type Store } from '../../src/store/database.js';
import { record } from '../host/records.js';
import { dropStore, freshStore } from '../support/store.js';

/** Its own name: the databases that tests share have the index already. */
let store: Store;
beforeEach(async () => {
  store = await freshStore({ database: `key-index-${randomUUID().slice(0, 8)}` });
});
afterEach(() => dropStore(store));

const isThere = () => store.records.indexExists('keys_1');
const merge = () => mergeChanged(store, { holder: 'test', run: 'run' });
const doctor = () => indexesCheck.run({ store: async () => store } as Parameters<typeof indexesCheck.run>[0]);
const put = (...ids: string[]) =>
  putRecords(
    store,
    { source: 'qualys', vendor: 'qualys', page: 'p', run: 'run', observedAt: new Date() },
    ids.map((id) => normalizedHost(record(`qualys:${id}`, { hw_info: { serial_number: 'SERIAL1001' } }))),
  );

test('the first merge builds the index on keys, and nobody misses it before', async () => {
  expect(await isThere()).toBe(false);
  expect(await doctor()).toMatchObject([{ level: 'ok' }]);
  await put('1', '2');
  expect(await merge()).toMatchObject({ records: 2, created: 1 });
  expect(await isThere()).toBe(true);
  expect(await doctor()).toMatchObject([{ level: 'ok' }]);
});

test('an inventory that has lost the index gets it back: by a worker that starts, and by a merge', async () => {
  await put('1');
  await merge();
  await store.records.dropIndex('keys_1');
  expect(await doctor()).toMatchObject([{ level: 'attention' }]);
  await put('2');
  expect(await merge()).toMatchObject({ records: 1, changed: 1 });
  expect(await isThere()).toBe(true);
  await store.records.dropIndex('keys_1');
  const { client, db } = store;
  const uri = `mongodb://${client.options.hosts[0]!.toString()}/?directConnection=true`;
  const worker = await openStore({ uri, database: db.databaseName, hostsCollection: 'hosts' });
  expect(await isThere()).toBe(true);
  await worker.close();
});

test('records can be erased before the first merge', async () => {
  await put('1', '2');
  await removeRecords(store, ['qualys:1'], 'test');
  expect(await merge()).toMatchObject({ records: 1, created: 1 });
});
