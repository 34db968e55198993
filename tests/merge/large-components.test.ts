import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { resolveAll } from '../../src/host/identity/resolve.js';
import type { Store } from '../../src/store/database.js';
import { removeRecords } from '../../src/operations/erase/records.js';
import { explainStored } from '../../src/merge/explain.js';
import { MergeWorkers } from '../../src/merge/workers.js';
import { takeLease } from '../../src/store/collections/leases.js';
import { mergeBatch } from '../../src/merge/merge-batch.js';
import type { Merged } from '../../src/merge/merged.js';
import { toHostRecord } from '../../src/merge/records.js';
import { putRecords } from '../../src/store/collections/records.js';
import { changedIds } from '../../src/store/changed-records.js';
import { record } from '../host/records.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

/** A row of laptops on docks: each has its neighbours' docks among its interfaces, and no key has too many records. */
const CAP = 20;
let store: Store;
let tick = 0;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

const mac = (n: number) =>
  `00:50:56:8a:${String(Math.floor(n / 100)).padStart(2, '0')}:${String(n % 100).padStart(2, '0')}`;

/** The laptop with number `n` and the docks with the numbers `docks`. */
const laptop = (n: number, docks: number[] = [n, n + 1], serial?: string, vendor = 'crowdstrike') => {
  const hw = serial === undefined ? {} : { hw_info: { serial_number: serial } };
  return record(`${vendor}:${String(n).padStart(4, '0')}`, {
    hostname: `lt-${n}-ab`,
    network_interfaces: docks.map((dock) => ({ mac: mac(dock) })),
    ...hw,
  });
};

async function put(laptops: ReturnType<typeof laptop>[]): Promise<void> {
  const observedAt = new Date(1_700_000_000_000 + ++tick * 1_000);
  const { source, vendor } = laptops[0]!;
  const origin = { source, vendor, page: `p${tick}`, run: 'r', observedAt };
  const normalized = laptops.map((one) => normalizedHost(one));
  await putRecords(store, origin, normalized);
}

/** Merges until no changed record is left, and compares the hosts with a resolution of all records. */
async function merge(): Promise<Pick<Merged, 'records' | 'resolved'>> {
  const lease = (await takeLease(store, 'worker:0', 'test', 60_000))!;
  const sum = { records: 0, resolved: 0 };
  for (let batch = 0; (await store.records.countDocuments({ dirty: true })) > 0; batch += 1) {
    if (batch > 100) throw new Error('Merging does not end');
    const { records, resolved } = await mergeBatch(store, lease, {
      ids: await changedIds(store, 50),
      workers: new MergeWorkers(),
      run: 'r',
      cap: CAP,
    });
    sum.records += records;
    sum.resolved += resolved;
  }
  const records = (await store.records.find().toArray()).map(toHostRecord);
  const expected = resolveAll(records, [], { cap: CAP }).clusters.map(({ members, oversized = false }) => [
    members,
    oversized,
  ]);
  const hosts = await store.hosts.find().sort({ 'sources.record': 1 }).toArray();
  expect(hosts.map(({ sources, oversized = false }) => [sources.map((source) => source.record), oversized])).toEqual(
    expected,
  );
  return sum;
}

const oversized = () => store.hosts.countDocuments({ oversized: true });
const row = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => laptop(from + at));

test('components of too many records are resolved by strong keys alone, and their hosts are marked as oversized', async () => {
  await put([...row(0, 60), laptop(500, [50, 700], 'SERIAL0001')]);
  await put([laptop(501, [], 'SERIAL0001', 'qualys')]);
  await merge();
  expect(await oversized()).toBe(61);
  const host = (await store.hosts.findOne({ 'sources.record': 'crowdstrike:0500' }))!;
  expect(host.sources.map(({ record: id }) => id)).toEqual(['crowdstrike:0500', 'qualys:0501']);
  expect((await explainStored(store, host)).at(-1)).toMatch(
    /^Names and interfaces connect more than 2000 records to this host/,
  );
});

test('a change in an oversized component resolves only the records that strong keys connect with it', async () => {
  await put(row(0, 60));
  await merge();
  await put([laptop(30, [30, 31], 'SERIAL0002')]);
  expect(await merge()).toEqual({ records: 1, resolved: 1 });
  await put([laptop(400, [], 'SERIAL0002', 'qualys')]);
  expect(await merge()).toEqual({ records: 1, resolved: 2 });
  expect(await oversized()).toBe(60);
});

test('a component that grows above the limit, at once or step by step, is resolved again, and so is one that shrinks below it', async () => {
  await put(row(0, 15));
  await put(row(30, 45));
  await merge();
  expect(await oversized()).toBe(0);
  // This laptop connects both rows.
  await put([laptop(20, [15, 30])]);
  await merge();
  expect(await oversized()).toBe(31);
  for (let n = 45; n < 50; n += 1) {
    await put([laptop(n)]);
    await merge();
  }
  expect(await oversized()).toBe(36);
  // A small component, which is then connected with the large one.
  await put(row(60, 65));
  await merge();
  expect(await oversized()).toBe(36);
  await put([laptop(50, [50, 60])]);
  await merge();
  expect(await oversized()).toBe(42);
  await put([laptop(50, [802, 803])]);
  await merge();
  expect(await oversized()).toBe(36);
  // The laptop no longer connects both rows.
  await put([laptop(20, [800, 801])]);
  await merge();
  expect(await oversized()).toBe(0);
});

test('a key that too many records get connects no records, and connects them again when fewer records have it', async () => {
  const dock = 900;
  const spokes = Array.from({ length: 12 }, (_, n) => row(n * 50, n * 50 + 3)).flat();
  const at = (n: number, docks: number[]) => laptop(n * 50, [n * 50, n * 50 + 1, ...docks]);
  await put([...spokes, ...Array.from({ length: 12 }, (_, n) => at(n, [dock]))].slice(3));
  await merge();
  const guests = Array.from({ length: 20 }, (_, n) => laptop(2_000 + 10 * n, [dock]));
  await put(guests);
  await merge();
  await put(guests.map((_, n) => laptop(2_000 + 10 * n, [1_000 + n])));
  await merge();
});

test('merging continues after an erasure, whether the oversized component stays large, is halved or becomes small', async () => {
  await put([...row(0, 60), laptop(500, [5, 6], 'SERIAL0001')]);
  await put([laptop(501, [], 'SERIAL0001', 'qualys')]);
  await merge();
  expect(await oversized()).toBe(61);
  const erase = async (...ids: string[]) => {
    await removeRecords(store, ids, 'erase');
    expect(await store.hosts.countDocuments({ 'sources.record': { $in: ids } })).toBe(0);
    await put([laptop(700 + tick, [900 + tick])]);
    await merge();
  };
  // Erase one of two records of a host. The host keeps the other one.
  await erase('crowdstrike:0500');
  expect(await oversized()).toBe(60);
  expect(await store.hosts.countDocuments({ 'sources.record': 'qualys:0501' })).toBe(1);
  // Erase in the middle of the row, and twice near its end, until the remaining parts are no longer too large.
  await erase('crowdstrike:0030');
  expect(await oversized()).toBe(59);
  await erase('crowdstrike:0044', 'crowdstrike:0045', 'crowdstrike:0046');
  expect(await oversized()).toBe(30);
  await erase('crowdstrike:0015');
  expect(await oversized()).toBe(0);
});

test('a host that names a deleted record does not stop merging', async () => {
  await put([...row(0, 40), laptop(500, [5, 6], 'SERIAL0001')]);
  await put([laptop(501, [], 'SERIAL0001', 'qualys')]);
  await merge();
  await store.records.deleteOne({ _id: 'crowdstrike:0500' });
  await put([laptop(501, [7], 'SERIAL0001', 'qualys'), laptop(502, [8], undefined, 'qualys')]);
  await merge();
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
});
