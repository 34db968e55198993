import { storedObservation } from '../../src/store/stored-observation.js';
import { emptyAffectedSet, type AffectedSet } from '../../src/merge/affected-set.js';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { MergeWorkers } from '../../src/merge/workers.js';
import { takeLease, type Lease } from '../../src/store/collections/leases.js';
import { mergeBatch } from '../../src/merge/merge-batch.js';
import { putRecords, type NormalizedRecord } from '../../src/store/collections/records.js';
import type { RecordDoc } from '../../src/store/documents/records.js';
import { changedIds } from '../../src/store/changed-records.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

function record(id: string, keys: string[]): NormalizedRecord {
  const device = { type_id: 1, hostname: `host-${id.split(':')[1]}` };
  return {
    _id: id,
    row: 0,
    ...storedObservation({ class: 'machine', device, external_ips: [], tags: [] }),
    keys,
    identity: keys.join(),
    hash: keys.join(),
  };
}

async function put(source: string, records: NormalizedRecord[]): Promise<void> {
  await putRecords(store, { source, vendor: source, page: `p-${source}`, run: 'r', observedAt: new Date() }, records);
}

/** Stores machines with one record in each of two sources. The first source adds `shared` keys. Returns them like `membersOf`. */
async function putMachines(count: number, ...shared: string[]): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, n) => String(n).padStart(3, '0'));
  const records = (source: string, more: string[]) =>
    numbers.map((n) => record(`${source}:${n}`, [`serial::S${n}`, ...more]));
  await put('a', records('a', shared));
  await put('b', records('b', []));
  return numbers.map((n) => `a:${n}+b:${n}`);
}

/** Merges with two workers at once, from both ends and in small batches, until no changed record is left. */
async function mergeWithTwoWorkers(): Promise<void> {
  const workers = new MergeWorkers();
  const drain = async (lease: Lease, worker: number) => {
    for (;;) {
      const waiting = await changedIds(store, 1_000);
      if (waiting.length === 0) return;
      const ids = worker === 0 ? waiting.slice(0, 7) : waiting.slice(-7);
      await mergeBatch(store, lease, { ids, workers, worker, run: 'r' });
    }
  };
  const leases = await Promise.all([0, 1].map((worker) => takeLease(store, `worker:${worker}`, 'test', 60_000)));
  await Promise.all(leases.map((lease, worker) => drain(lease!, worker)));
}

const membersOf = async () =>
  (await store.hosts.find().toArray()).map(({ sources }) => sources.map(({ record }) => record).join('+')).sort();

test('two workers resolve every record once, although each machine has a record at both ends', async () => {
  const machines = await putMachines(60);
  await mergeWithTwoWorkers();
  expect(await membersOf()).toEqual(machines);
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
});

test('records that two workers leave to each other are merged in the end', async () => {
  // Each worker finds that too many records have the one key, and only one worker at a time may store that.
  const machines = await putMachines(300, 'uuid::SHARED');
  const { records, more } = await mergeChanged(store, { holder: 'test', run: 'r' });
  expect({ records, more }).toEqual({ records: 600, more: false });
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  expect(await membersOf()).toEqual(machines);
});

test('a key that too many records have joins none of them, whichever worker reads it', async () => {
  const machines = await putMachines(40, 'uuid::SHARED');
  await mergeWithTwoWorkers();
  expect(await membersOf()).toEqual(machines);
});

describe('a worker reserves', () => {
  const affected = (given: Partial<AffectedSet>): AffectedSet => ({ ...emptyAffectedSet(), ...given });
  const recordsWith = (...ids: string[]) =>
    new Map(ids.map((id) => [id, { _id: id, keys: ['mac::dock', `serial::${id}`] } as RecordDoc]));

  test('no record that depends on a key which another worker changes, until its snapshot is a later one', () => {
    const workers = new MergeWorkers();
    workers.begin(0);
    workers.begin(1);
    const altering = affected({
      records: recordsWith('a'),
      altered: new Map([['mac::dock', { state: 'suppressed' }]]),
    });
    expect(workers.reserve(0, altering)).toBe(true);
    const dependent = () =>
      affected({
        records: recordsWith('b'),
        readKeys: new Set(['mac::dock']),
        states: new Map([['mac::dock', { state: 'suppressed' }]]),
      });
    const [during, after, later] = [dependent(), dependent(), dependent()];
    expect(workers.reserve(1, during)).toBe(false);
    expect(during.records.size).toBe(0);
    workers.end(0);
    workers.reserve(1, after);
    expect(after.records.size).toBe(0);
    workers.end(1);
    workers.begin(1);
    expect(workers.reserve(1, later)).toBe(true);
    expect(later.records.size).toBe(1);
  });

  test('a component only as a whole, including its key changes', () => {
    const workers = new MergeWorkers();
    workers.begin(0);
    workers.begin(1);
    workers.reserve(0, affected({ records: recordsWith('a') }));
    const mixed = affected({
      records: new Map([...recordsWith('a', 'b'), ['c', { _id: 'c', keys: ['serial::c'] } as RecordDoc]]),
      altered: new Map([['mac::dock', { state: 'weak' }]]),
    });
    workers.reserve(1, mixed);
    expect([...mixed.records.keys()]).toEqual(['c']);
    expect(mixed.altered.size).toBe(0);
  });
});
