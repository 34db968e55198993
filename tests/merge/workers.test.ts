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

/** Two lanes at work at the same time, from both ends and in small batches, until nothing is left. */
async function mergeInTwoLanes(): Promise<void> {
  const lanes = new MergeWorkers();
  const drain = async (lease: Lease, lane: number) => {
    for (;;) {
      const waiting = await changedIds(store, 1_000);
      if (waiting.length === 0) return;
      const ids = lane === 0 ? waiting.slice(0, 7) : waiting.slice(-7);
      await mergeBatch(store, lease, { ids, lanes, lane, run: 'r' });
    }
  };
  const leases = await Promise.all([0, 1].map((lane) => takeLease(store, `lane:${lane}`, 'test', 60_000)));
  await Promise.all(leases.map((lease, lane) => drain(lease!, lane)));
}

const membersOf = async () =>
  (await store.hosts.find().toArray()).map(({ sources }) => sources.map(({ record }) => record).join('+')).sort();

test('two lanes settle every record once, although each machine has a record at both ends', async () => {
  const machines = await putMachines(60);
  await mergeInTwoLanes();
  expect(await membersOf()).toEqual(machines);
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
});

test('what lanes leave to each other is settled in the end', async () => {
  // Each lane finds that too many hold the one key, and only one of them may say so at a time.
  const machines = await putMachines(300, 'uuid::SHARED');
  const { settled, more } = await mergeChanged(store, { holder: 'test', run: 'r' });
  expect({ settled, more }).toEqual({ settled: 600, more: false });
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  expect(await membersOf()).toEqual(machines);
});

test('a key that too many records hold joins none of them, whichever lane meets it', async () => {
  const machines = await putMachines(40, 'uuid::SHARED');
  await mergeInTwoLanes();
  expect(await membersOf()).toEqual(machines);
});

describe('what a lane may take', () => {
  const affected = (given: Partial<AffectedSet>): AffectedSet => ({ ...emptyAffectedSet(), ...given });
  const holding = (...ids: string[]) =>
    new Map(ids.map((id) => [id, { _id: id, keys: ['mac::dock', `serial::${id}`] } as RecordDoc]));

  test('nothing that rests on a key which another lane alters, until its snapshot is a later one', () => {
    const lanes = new MergeWorkers();
    lanes.begin(0);
    lanes.begin(1);
    const altering = affected({ records: holding('a'), altered: new Map([['mac::dock', { state: 'cut' }]]) });
    expect(lanes.claim(0, altering)).toBe(true);
    const resting = () =>
      affected({
        records: holding('b'),
        readKeys: new Set(['mac::dock']),
        states: new Map([['mac::dock', { state: 'cut' }]]),
      });
    const [during, after, later] = [resting(), resting(), resting()];
    expect(lanes.claim(1, during)).toBe(false);
    expect(during.records.size).toBe(0);
    lanes.end(0);
    lanes.claim(1, after);
    expect(after.records.size).toBe(0);
    lanes.end(1);
    lanes.begin(1);
    expect(lanes.claim(1, later)).toBe(true);
    expect(later.records.size).toBe(1);
  });

  test('a component whole or not at all, with what it would have altered', () => {
    const lanes = new MergeWorkers();
    lanes.begin(0);
    lanes.begin(1);
    lanes.claim(0, affected({ records: holding('a') }));
    const mixed = affected({
      records: new Map([...holding('a', 'b'), ['c', { _id: 'c', keys: ['serial::c'] } as RecordDoc]]),
      altered: new Map([['mac::dock', { state: 'weak' }]]),
    });
    lanes.claim(1, mixed);
    expect([...mixed.records.keys()]).toEqual(['c']);
    expect(mixed.altered.size).toBe(0);
  });
});
