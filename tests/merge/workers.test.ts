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
    observation: { class: 'machine', device, external_ips: [], tags: [] },
    keys,
    identity: keys.join(),
    hash: keys.join(),
  };
}

async function put(source: string, records: NormalizedRecord[]): Promise<void> {
  await putRecords(store, { source, vendor: source, page: `p-${source}`, run: 'r', observedAt: new Date() }, records);
}

/** Machines of a record in each of two sources, those of the first with `shared` keys; returns them as `membersOf` tells them. */
async function putMachines(count: number, ...shared: string[]): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, n) => String(n).padStart(3, '0'));
  const records = (source: string, more: string[]) =>
    numbers.map((n) => record(`${source}:${n}`, [`serial::S${n}`, ...more]));
  await put('a', records('a', shared));
  await put('b', records('b', []));
  return numbers.map((n) => `a:${n}+b:${n}`);
}

/** Two workers at work at the same time, from both ends and in small batches, until nothing is left. */
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

test('two workers settle every record once, although each machine has a record at both ends', async () => {
  const machines = await putMachines(60);
  await mergeWithTwoWorkers();
  expect(await membersOf()).toEqual(machines);
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
});

test('what workers leave to each other is settled in the end', async () => {
  // Each worker finds that too many hold the one key, and only one of them may say so at a time.
  const machines = await putMachines(300, 'uuid::SHARED');
  const { settled, more } = await mergeChanged(store, { holder: 'test', run: 'r' });
  expect({ settled, more }).toEqual({ settled: 600, more: false });
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  expect(await membersOf()).toEqual(machines);
});

test('a key that too many records hold joins none of them, whichever worker meets it', async () => {
  const machines = await putMachines(40, 'uuid::SHARED');
  await mergeWithTwoWorkers();
  expect(await membersOf()).toEqual(machines);
});

describe('what a worker may take', () => {
  const affected = (given: Partial<AffectedSet>): AffectedSet => ({ ...emptyAffectedSet(), ...given });
  const holding = (...ids: string[]) =>
    new Map(ids.map((id) => [id, { _id: id, keys: ['mac::dock', `serial::${id}`] } as RecordDoc]));

  test('nothing that rests on a key which another worker alters, until its snapshot is a later one', () => {
    const workers = new MergeWorkers();
    workers.begin(0);
    workers.begin(1);
    const altering = affected({ records: holding('a'), altered: new Map([['mac::dock', { state: 'cut' }]]) });
    expect(workers.reserve(0, altering)).toBe(true);
    const resting = () =>
      affected({
        records: holding('b'),
        readKeys: new Set(['mac::dock']),
        states: new Map([['mac::dock', { state: 'cut' }]]),
      });
    const [during, after, later] = [resting(), resting(), resting()];
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

  test('a component whole or not at all, with what it would have altered', () => {
    const workers = new MergeWorkers();
    workers.begin(0);
    workers.begin(1);
    workers.reserve(0, affected({ records: holding('a') }));
    const mixed = affected({
      records: new Map([...holding('a', 'b'), ['c', { _id: 'c', keys: ['serial::c'] } as RecordDoc]]),
      altered: new Map([['mac::dock', { state: 'weak' }]]),
    });
    workers.reserve(1, mixed);
    expect([...mixed.records.keys()]).toEqual(['c']);
    expect(mixed.altered.size).toBe(0);
  });
});
