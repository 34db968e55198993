import { hostId } from '../../../src/host/identity/seed-record.js';
import { mergeChanged } from '../../../src/merge/drain.js';
import { withMergeLeases } from '../../../src/merge/leases.js';
import { leavePart, mergePart } from '../../../src/merge/plan/merge-part.js';
import { mergeParts } from '../../../src/merge/plan/merge-parts.js';
import { planMerge, type PlanOptions } from '../../../src/merge/plan/plan.js';
import { putFirst } from '../../../src/normalize/first-load.js';
import { normalizedHost } from '../../../src/normalize/normalized-host.js';
import { removeRecords } from '../../../src/operations/erase/records.js';
import { decide } from '../../../src/store/collections/decisions.js';
import { putRecords } from '../../../src/store/collections/records.js';
import { countUnmerged } from '../../../src/store/changed-records.js';
import type { Store } from '../../../src/store/database.js';
import type { PageDoc, PageOutcome } from '../../../src/store/documents/pages.js';
import { touchTimes } from '../../../src/store/times.js';
import type { HostRecord } from '../../../src/host/types.js';
import { record } from '../../host/records.js';
import { dropStore, emptyStore, freshStore } from '../../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

const NEVER = new AbortController().signal;
const SMALL: PlanOptions = { part: 2, cap: 10 };
const plan = (options = SMALL) => withMergeLeases(store, 'test', (leases) => planMerge(store, leases, options));
const merge = () => mergeChanged(store, { holder: 'test', run: 'run' });
const parts = () => mergeParts(store, { run: 'run', share: { index: 0, of: 1 } }, NEVER, () => {});
const clusters = async () =>
  (await store.hosts.find().toArray()).map(({ sources }) => sources.map((source) => source.record).join('+')).sort();

/** A machine as a vendor reports it, with its serial number. */
const seen = (vendor: string, n: number, more = {}) =>
  record(`${vendor}:${n}`, { hostname: `web-${n}`, hw_info: { serial_number: `SERIAL${1_000 + n}` }, ...more });

async function load(...records: HostRecord[]): Promise<void> {
  for (const source of new Set(records.map((one) => one.source))) {
    const own = records.filter((one) => one.source === source);
    const page = { _id: `run/${source}/1`, run: 'run', source, seq: 0, rows: own.length, bytes: 100 } as PageDoc;
    await store.pages.insertOne(page);
    const origin = { source, vendor: own[0]!.vendor, page: page._id, run: 'run', observedAt: new Date() };
    const outcome = { ids: own.map(({ id }) => id.slice(source.length + 1)), new: own.length } as PageOutcome;
    expect(
      await putFirst(
        store,
        page,
        origin,
        own.map((one) => normalizedHost(one)),
        outcome,
      ),
    ).toEqual(outcome);
  }
}

const fleet = (count: number) =>
  ['qualys', 'crowdstrike'].flatMap((vendor) => Array.from({ length: count }, (_, n) => seen(vendor, n)));
const joined = (count: number) => Array.from({ length: count }, (_, n) => `crowdstrike:${n}+qualys:${n}`).sort();

test('a first load is merged in parts, and no mark is left', async () => {
  await load(...fleet(7));
  expect(await merge()).toMatchObject({ records: 14, created: 7, more: false });
  expect(await clusters()).toEqual(joined(7));
  expect(await countUnmerged(store)).toBe(0);
  expect(await store.mergePlans.countDocuments()).toBe(0);
  expect(await store.pages.countDocuments({ unmerged: { $exists: true } })).toBe(0);
});

test('several processes share the parts', async () => {
  await load(...fleet(20));
  expect(await plan()).toBeGreaterThan(0);
  const merged = await Promise.all(
    [0, 1, 2].map((index) => mergeParts(store, { run: 'run', share: { index, of: 3 } }, NEVER, () => {})),
  );
  expect(merged.reduce((sum, { created }) => sum + created, 0)).toBe(20);
  expect(await clusters()).toEqual(joined(20));
  expect(await plan()).toBe(0);
});

test('a plan whose process ended before it was ready is made again', async () => {
  await load(...fleet(3));
  await store.mergePlans.insertOne({ _id: 'half', state: 'planning', at: new Date() });
  await store.mergeParts.insertOne({ _id: 'half/0', plan: 'half', seq: 0, records: ['qualys:0'], sizes: [1] });
  await store.pages.updateMany({}, { $set: { 'unmerged.plan': 'half' } });
  expect(await parts()).toMatchObject({ records: 0 });
  await merge();
  expect(await clusters()).toEqual(joined(3));
});

test('parts that a planner wrote after it had lost its leases are ignored and removed', async () => {
  await load(...fleet(3));
  await plan();
  await store.mergeParts.insertOne({ _id: 'late/0', plan: 'late', seq: 0, records: ['qualys:0'], sizes: [1] });
  await merge();
  expect(await clusters()).toEqual(joined(3));
  expect(await store.mergeParts.countDocuments()).toBe(0);
});

test('a part that another process has merged is not merged again', async () => {
  await load(...fleet(2));
  await plan({ part: 100, cap: 10 });
  const part = (await store.mergeParts.findOne())!;
  await parts();
  expect(await mergePart(store, part, new Map(), 'run')).toMatchObject({ records: 0 });
  await leavePart(store, part);
  expect(await store.records.countDocuments({ dirty: true })).toBe(0);
});

test('records that change between plan and merge are merged with their new content', async () => {
  await load(...fleet(3));
  await plan();
  const changed = seen('qualys', 1, { hw_info: { serial_number: 'SERIAL1002' }, hostname: 'moved' });
  const origin = { source: 'qualys', vendor: 'qualys', page: 'p2', run: 'run-2', observedAt: new Date() };
  await putRecords(store, origin, [normalizedHost(changed)]);
  await merge();
  expect(await clusters()).toEqual(['crowdstrike:0+qualys:0', 'crowdstrike:1', 'crowdstrike:2+qualys:1+qualys:2']);
});

test('a check-in between plan and merge reaches the host', async () => {
  await load(seen('qualys', 1, { last_seen_time: new Date('2026-01-01T00:00:00Z') }));
  await plan();
  const time = new Date('2026-01-02T00:00:00Z');
  const moved = { id: 'qualys:1', times: { last_seen_time: time }, anotherWeek: false };
  // The part has read the record before the check-in, and writes its host afterwards.
  await Promise.all([parts(), touchTimes(store, [moved])]);
  await merge();
  expect((await store.hosts.findOne({}))!.last_seen).toEqual(time);
});

test('a decision between plan and merge is followed', async () => {
  await load(...fleet(2));
  await plan();
  await decide(store, [['qualys:0', 'crowdstrike:0']], { kind: 'split', by: 'test', why: 'test' });
  await merge();
  expect(await clusters()).toEqual(['crowdstrike:0', 'crowdstrike:1+qualys:1', 'qualys:0']);
});

test('a record that is erased while its part is merged is in no host', async () => {
  for (let round = 0; round < 5; round += 1) {
    await load(...fleet(2));
    await plan();
    await Promise.all([parts(), removeRecords(store, ['qualys:0'], 'erase')]);
    await merge();
    expect(await clusters()).toEqual(['crowdstrike:0', 'crowdstrike:1+qualys:1']);
    await emptyStore(store);
  }
});

test('a page whose rows were erased, and pages of an inventory that has hosts by now, are merged record by record', async () => {
  await load(...fleet(2));
  await store.pages.updateOne({ source: 'qualys' }, { $set: { 'outcome.ids': ['1'] } });
  await store.records.deleteOne({ _id: 'qualys:0' });
  expect(await plan()).toBe(0);
  expect(await store.records.countDocuments({ dirty: true, unresolved: true })).toBe(3);
  await merge();
  await load(...['tenable'].map((vendor) => seen(vendor, 1)));
  expect(await plan()).toBe(0);
  await merge();
  expect(await clusters()).toEqual(['crowdstrike:0', 'crowdstrike:1+qualys:1+tenable:1']);
});

test('a component above the limit of a part, and keys that too many records have, are merged as in any later load', async () => {
  const many = Array.from({ length: 20 }, (_, n) => seen('qualys', n, { hw_info: { serial_number: 'SHARED001' } }));
  const chain = Array.from({ length: 15 }, (_, n) =>
    seen('crowdstrike', n, {
      hw_info: { serial_number: `CHAIN${1_000 + n}`, uuid: uuid(n >> 1) },
      hostname: undefined,
    }),
  );
  await load(...many, ...chain);
  expect(await plan({ part: 4, cap: 1 })).toBeGreaterThan(0);
  expect(await store.keyStates.findOne({ _id: /SHARED001/ })).toMatchObject({ state: 'suppressed', why: 'holders' });
  await merge();
  const planned = await store.hosts
    .find({}, { projection: { _id: 1 } })
    .sort({ _id: 1 })
    .toArray();
  const states = await store.keyStates.find().sort({ _id: 1 }).toArray();
  await Promise.all([store.hosts, store.keyStates, store.redirects].map((all) => all.deleteMany({})));
  await store.records.updateMany({}, { $set: { dirty: true, unresolved: true } });
  await merge();
  expect(
    await store.hosts
      .find({}, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .toArray(),
  ).toEqual(planned);
  expect(await store.keyStates.find().sort({ _id: 1 }).toArray()).toEqual(states);
  expect(planned.map(({ _id }) => _id)).toContain(hostId('qualys:0'));
});

const uuid = (n: number) => `9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f${String(10 + n)}`;

test('a part with a record that cannot be merged is merged without the component of that record', async () => {
  await load(...fleet(2));
  await store.records.updateOne({ _id: 'qualys:0' }, { $set: { observation: '' } });
  expect(await merge()).toMatchObject({ aside: 2 });
  expect(await clusters()).toEqual(['crowdstrike:1+qualys:1']);
});
