import { hostId } from '../../src/host/identity/seed-record.js';
import type { Device, HostObservation } from '../../src/host/types.js';
import type { Store } from '../../src/store/database.js';
import { changesOf } from '../../src/store/collections/changes.js';
import { findHost, hostOfRecord } from '../../src/store/collections/hosts.js';
import { takeLease, type Lease } from '../../src/store/collections/leases.js';
import { MergeWorkers } from '../../src/merge/workers.js';
import { mergeBatch } from '../../src/merge/merge-batch.js';
import { putRecords, type Origin, type NormalizedRecord } from '../../src/store/collections/records.js';
import { changedIds } from '../../src/store/changed-records.js';
import { markGone } from '../../src/merge/missing-records.js';
import { readObservation, storedObservation } from '../../src/store/stored-observation.js';
import { removeRecords } from '../../src/operations/erase/records.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

let store: Store;
let lease: Lease;

beforeAll(async () => {
  store = await freshStore();
});
beforeEach(async () => {
  lease = (await takeLease(store, 'merge:hosts', 'test', 60_000))!;
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

let tick = 0;
const origin = (source: string): Origin => ({
  source,
  vendor: source,
  page: `run/${source}/${tick}`,
  run: 'run',
  observedAt: new Date(1_700_000_000_000 + ++tick * 1000),
});

function record(id: string, hostname: string, keys: string[], lastSeen = '2026-01-02T00:00:00Z'): NormalizedRecord {
  const observation: HostObservation = {
    class: 'machine',
    device: {
      type_id: 1,
      hostname,
      first_seen_time: new Date('2026-01-01T00:00:00Z'),
      last_seen_time: new Date(lastSeen),
    },
    external_ips: [],
    tags: [],
  };
  return {
    _id: id,
    row: 0,
    ...storedObservation(observation),
    keys: [...keys].sort(),
    identity: `${hostname}.${keys.join()}`,
    hash: `1.${hostname}.${keys.join()}`,
  };
}

/** The record with other values of its device, but the same hash. */
function changed(of: NormalizedRecord, device: Partial<Device>): NormalizedRecord {
  const observation = readObservation(of);
  return { ...of, ...storedObservation({ ...observation, device: { ...observation.device, ...device } }) };
}

const mergeAll = async () => {
  while (
    (await mergeBatch(store, lease, { ids: await changedIds(store, 100), workers: new MergeWorkers(), run: 'run' }))
      .records > 0
  );
};
const clusters = async () =>
  (await store.hosts.find().toArray()).map(({ sources }) => sources.map((source) => source.record).join('+')).sort();

test('records of two sources that share a strong key become one host, whatever their order', async () => {
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1']), record('b:2', 'db', ['serial::X2'])]);
  await mergeAll();
  expect(await clusters()).toEqual(['b:1', 'b:2']);
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'])]);
  await mergeAll();
  expect(await clusters()).toEqual(['a:1+b:1', 'b:2']);
});

test('a host splits when the key that joined it is gone, and an id without a host redirects to the host of its record', async () => {
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'])]);
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1'])]);
  await mergeAll();
  const [joined] = await store.hosts.find().toArray();
  await putRecords(store, origin('b'), [record('b:1', 'other', ['serial::X9'])]);
  await mergeAll();
  expect(await clusters()).toEqual(['a:1', 'b:1']);
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1'])]);
  await mergeAll();
  expect(await clusters()).toEqual(['a:1+b:1']);
  const [again] = await store.hosts.find().toArray();
  expect(again!._id).toBe(joined!._id);
  const redirects = await store.redirects.find().toArray();
  expect(redirects.map(({ to }) => to)).toEqual([joined!._id]);
});

test('a record with unchanged content causes no merge and no write', async () => {
  const same = record('a:1', 'web', ['serial::X1']);
  await putRecords(store, origin('a'), [same]);
  await mergeAll();
  const before = await store.hosts.findOne({});
  expect(await putRecords(store, origin('a'), [same])).toEqual({ new: 0, changed: 0, unchanged: 1 });
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  expect(await store.hosts.findOne({})).toEqual(before);
});

test('a change of times alone updates the record and its host without a merge', async () => {
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'])]);
  await mergeAll();
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'], '2026-03-01T00:00:00Z')]);
  const host = await store.hosts.findOne({});
  expect(host!.last_seen).toEqual(new Date('2026-03-01T00:00:00Z'));
  expect(host!.sources[0]!.last_seen).toEqual(new Date('2026-03-01T00:00:00Z'));
  expect(host!.version).toBe(1);
  await store.records.updateOne({ _id: 'a:1' }, { $set: { dirty: true } });
  await mergeAll();
  expect((await store.hosts.findOne({}))!.version).toBe(1);
});

test('an older page never replaces the content of a newer page', async () => {
  const older = origin('a');
  await putRecords(store, origin('a'), [record('a:1', 'new-name', ['serial::X1'])]);
  await putRecords(store, older, [record('a:1', 'old-name', ['serial::X1'])]);
  expect(readObservation((await store.records.findOne({ _id: 'a:1' }))!).device.hostname).toBe('new-name');
});

test('a page that is written a second time has the counts of its first attempt', async () => {
  const page = origin('a');
  const records = [record('a:1', 'web', ['serial::X1']), record('a:2', 'db', ['serial::X2'])];
  expect(await putRecords(store, page, records)).toEqual({ new: 2, changed: 0, unchanged: 0 });
  expect(await putRecords(store, page, records)).toEqual({ new: 2, changed: 0, unchanged: 0 });
});

test('a key that too many records have joins no records, not even those that it joined before', async () => {
  await putRecords(store, origin('a'), [
    record('a:0', 'h0', ['serial::SHARED']),
    record('a:1', 'h1', ['serial::SHARED']),
  ]);
  await mergeAll();
  expect(await clusters()).toEqual(['a:0+a:1']);
  await putRecords(
    store,
    origin('a'),
    Array.from({ length: 20 }, (_, n) => record(`a:${n + 2}`, `h${n + 2}`, ['serial::SHARED'])),
  );
  await mergeAll();
  expect(await store.hosts.countDocuments()).toBe(22);
});

test('a key that was too common joins again when few enough records have it', async () => {
  const many = (key: string) =>
    Array.from({ length: 20 }, (_, n) => record(`a:${n}`, `h${n}`, n < 2 ? ['serial::S'] : [key]));
  await putRecords(store, origin('a'), many('serial::S'));
  await mergeAll();
  expect(await store.keyStates.find().toArray()).toEqual([{ _id: 'serial::S', state: 'suppressed', why: 'holders' }]);
  expect(await store.hosts.countDocuments()).toBe(20);
  await putRecords(
    store,
    origin('a'),
    many('uuid::U').map((other, n) => ({
      ...other,
      keys: n < 2 ? other.keys : [`uuid::${n}`],
      identity: `2.${n}`,
      hash: `2.${n}`,
    })),
  );
  await mergeAll();
  expect(await store.keyStates.countDocuments()).toBe(0);
  expect((await clusters()).filter((members) => members.includes('+'))).toEqual(['a:0+a:1']);
});

test('a check-in changes the host if it makes another record the most recent one, and otherwise only updates the times', async () => {
  const reported = (id: string, os: string, lastSeen: string) => {
    return changed(record(id, 'web', ['serial::X1'], lastSeen), { os: { name: os, type_id: 100 } });
  };
  await putRecords(store, origin('a'), [reported('a:1', 'Windows 10', '2026-03-02T00:00:00Z')]);
  await putRecords(store, origin('b'), [reported('b:1', 'Windows 11', '2026-03-03T00:00:00Z')]);
  await mergeAll();
  await putRecords(store, origin('a'), [reported('a:1', 'Windows 10', '2026-03-02T12:00:00Z')]);
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  await putRecords(store, origin('a'), [reported('a:1', 'Windows 10', '2026-03-03T12:00:00Z')]);
  await mergeAll();
  const host = await store.hosts.findOne({});
  expect(host!.device.os!.name).toBe('Windows 10');
  expect(host!.conflicts).toEqual([{ path: 'device.os', value: 'Windows 11', record: 'b:1' }]);
  const [change] = await store.changes.find().sort({ _id: -1 }).toArray();
  expect(change!.fields).toContainEqual({
    path: 'device.os',
    from: { name: 'Windows 11', type_id: 100 },
    to: { name: 'Windows 10', type_id: 100 },
  });
});

test('a check-in in another week resolves the record again, because other active intervals may overlap', async () => {
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'], '2026-03-02T00:00:00Z')]);
  await mergeAll();
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'], '2026-03-04T00:00:00Z')]);
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'], '2026-03-12T00:00:00Z')]);
  expect(await store.records.countDocuments({ dirty: true })).toBe(1);
});

test('a host is retired when its source no longer lists its record, and is live when the source lists it again', async () => {
  const seen = record('a:1', 'web', ['serial::X1']);
  await putRecords(store, origin('a'), [seen]);
  await mergeAll();
  await markGone(store, ['a:1'], new Date());
  await mergeAll();
  expect((await store.hosts.findOne({}))!.retired).toBe(true);
  expect(await putRecords(store, origin('a'), [seen])).toEqual({ new: 0, changed: 1, unchanged: 0 });
  await mergeAll();
  expect((await store.hosts.findOne({}))!.retired).toBeUndefined();
});

test('the id of a host is that of its first seen record, also when only the first seen times change', async () => {
  const seen = (of: NormalizedRecord, first: string) => {
    return { ...changed(of, { first_seen_time: new Date(first) }), hash: `${of.hash}.${first}` };
  };
  const [a, b] = [record('a:1', 'web', ['serial::X1']), record('b:1', 'web', ['serial::X1'])];
  await putRecords(store, origin('a'), [seen(a, '2025-12-01T00:00:00Z')]);
  await putRecords(store, origin('b'), [seen(b, '2025-12-03T00:00:00Z')]);
  await mergeAll();
  const before = (await hostOfRecord(store, 'a:1'))!;
  expect(before._id).toBe(hostId('a:1'));
  await putRecords(store, origin('a'), [seen(a, '2025-12-04T00:00:00Z')]);
  await mergeAll();
  const { _id, keys, reasons, sources } = (await findHost(store, before._id))!;
  expect(_id).toBe(hostId('b:1'));
  expect({ keys, reasons }).toEqual({ keys: before.keys, reasons: before.reasons });
  expect(sources.map((source) => source.record)).toEqual(['a:1', 'b:1']);
  expect(await store.hosts.countDocuments()).toBe(1);
});

test('a worker that has lost its lease writes nothing', async () => {
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1'])]);
  await store.leases.updateOne({ _id: 'merge:hosts' }, { $set: { expires_at: new Date(0) } });
  const successor = await takeLease(store, 'merge:hosts', 'other', 60_000);
  expect(successor!.epoch).toBe(lease.epoch + 1);
  await expect(
    mergeBatch(store, lease, { ids: await changedIds(store, 100), workers: new MergeWorkers(), run: 'run' }),
  ).rejects.toThrow('taken over');
  expect(await store.hosts.countDocuments()).toBe(0);
  expect(await takeLease(store, 'merge:hosts', 'third', 60_000)).toBeUndefined();
});

test('no query of the pipeline scans a collection', async () => {
  await putRecords(
    store,
    origin('a'),
    Array.from({ length: 50 }, (_, n) => record(`a:${n}`, `h${n}`, [`serial::S${n}`])),
  );
  await mergeAll();
  const plans = await Promise.all([
    store.records
      .find({ dirty: true, _id: { $gt: 'a:3' } })
      .sort({ _id: 1 })
      .hint({ dirty: 1, _id: 1 })
      .explain(),
    store.records
      .find({ dirty: true, _id: { $in: ['a:1', 'a:2'] } })
      .hint({ dirty: 1, _id: 1 })
      .explain(),
    store.records
      .find({ keys: { $in: ['serial::S1', 'serial::S2'] }, _id: { $nin: ['a:3'] } })
      .hint({ keys: 1 })
      .explain(),
    store.records.find({ _id: { $gte: 'a:', $lt: 'a;' } }).explain(),
    store.records.find({ source: 'a', gone_at: new Date() }).explain(),
    store.hosts.find({ 'sources.record': { $in: ['a:1', 'a:2'] } }).explain(),
    store.records
      .find({ keys: { $in: ['serial::S1'] }, dirty: { $exists: false } })
      .hint({ keys: 1 })
      .explain(),
    store.keyStates.find({ _id: { $in: ['serial::S1'] } }).explain(),
    store.decisions.find({ records: { $in: ['a:1'] }, undone: { $exists: false } }).explain(),
    store.changes.find({ host: 'h1' }).sort({ _id: 1 }).explain(),
    store.hosts.find({ retired: true }).explain(),
    store.pages
      .find({ run: 'r', source: 'a', seq: { $gte: 0 } })
      .sort({ seq: 1 })
      .explain(),
    store.pages.find({ run: 'r', source: 'a', digest: 'd' }).explain(),
    store.pages.find({ source: 'a' }).sort({ fetched_at: -1 }).explain(),
    store.quarantine.find({ source: 'a' }).explain(),
  ]);
  for (const plan of plans) expect(JSON.stringify(plan['queryPlanner'].winningPlan)).not.toContain('COLLSCAN');
});

/** The history of every host, without changes of fields. */
const history = async () =>
  (
    await store.changes
      .find({ kind: { $ne: 'changed' } })
      .sort({ _id: 1 })
      .toArray()
  ).map(({ host, kind, others = [] }) => `${host} ${kind} ${[...others].sort().join(' ')}`);
const early = (id: string, keys: string[]) => {
  return changed(record(id, 'web', keys), { first_seen_time: new Date('2025-06-01T00:00:00Z') });
};

test('a record that is listed again after it was erased gets the id of its former host, although that host still exists', async () => {
  await putRecords(store, origin('a'), [early('a:1', ['serial::X1'])]);
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1'])]);
  await mergeAll();
  await removeRecords(store, ['a:1'], 'erase');
  // Only the new record is merged: the host without the erased record still waits to be resolved.
  await putRecords(store, origin('a'), [record('a:1', 'other', ['serial::X9'])]);
  lease = (await takeLease(store, 'merge:hosts', 'test', 60_000))!;
  await mergeBatch(store, lease, { ids: ['a:1'], workers: new MergeWorkers(), run: 'run' });
  const hosts = await store.hosts.find().toArray();
  expect(
    Object.fromEntries(hosts.map(({ _id, sources }) => [_id, sources.map(({ record: id }) => id).join('+')])),
  ).toEqual({
    [hostId('a:1')]: 'a:1',
    [hostId('b:1')]: 'b:1',
  });
});

test('a host that gets another id because an earlier record joins it is renamed, and keeps its creation and history', async () => {
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1'])]);
  await mergeAll();
  await putRecords(store, origin('b'), [record('b:1', 'web-new', ['serial::X1'])]);
  await mergeAll();
  const [before] = await store.hosts.find().toArray();
  await putRecords(store, origin('a'), [early('a:1', ['serial::X1'])]);
  await mergeAll();
  const [a, b] = [hostId('a:1'), hostId('b:1')];
  expect(await history()).toEqual([`${a} renamed ${b}`]);
  const [host] = await store.hosts.find().toArray();
  expect(host).toMatchObject({ _id: a, created: before!.created, version: 3 });
  expect((await changesOf(store, a)).map(({ host: id, kind }) => `${id} ${kind}`)).toEqual([
    `${b} changed`,
    `${a} renamed`,
  ]);
  // The early record leaves the host again, so the host splits.
  await putRecords(store, origin('a'), [early('a:1', ['serial::X7'])]);
  await mergeAll();
  expect((await history()).slice(1).sort()).toEqual([`${a} split ${b}`, `${b} split ${a}`].sort());
});

test('two hosts that become one with a third id are renamed and merged, and none is split', async () => {
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1'])]);
  await putRecords(store, origin('c'), [record('c:1', 'web', ['serial::X1'])]);
  await putRecords(store, origin('d'), [record('d:1', 'web', ['uuid::U1'])]);
  await mergeAll();
  await putRecords(store, origin('a'), [early('a:1', ['serial::X1', 'uuid::U1'])]);
  await mergeAll();
  const [a, b, d] = [hostId('a:1'), hostId('b:1'), hostId('d:1')];
  expect(await history()).toEqual([`${a} renamed ${b}`, `${a} merged ${d}`]);
});

test('when a record moves to another host, the history has a split of its old host and a move to the other one', async () => {
  await putRecords(store, origin('a'), [record('a:1', 'web', ['serial::X1']), record('a:2', 'db', ['serial::X2'])]);
  await putRecords(store, origin('b'), [record('b:1', 'web', ['serial::X1'])]);
  await mergeAll();
  await putRecords(store, origin('b'), [record('b:1', 'db', ['serial::X2'])]);
  await mergeAll();
  const [first, second] = [hostId('a:1'), hostId('a:2')];
  expect((await history()).sort()).toEqual([`${first} split ${second}`, `${second} moved ${first}`].sort());
});
