import { normalizedHost } from '../../src/normalize/normalized-host.js';
import type { Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import {
  confirmRetirement,
  unconfirmedRetirements,
  previewRetirement,
} from '../../src/merge/unconfirmed-retirements.js';
import { putRecords } from '../../src/store/collections/records.js';
import type { RunDoc } from '../../src/store/documents/runs.js';
import { NO_COUNTS } from '../../src/model/run.js';
import { record } from '../host/records.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

/** Retirements that wait for a user's confirmation, on a real mongod. */
let store: Store;
const AT = new Date('2026-03-01T02:10:00Z');

beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

async function put(...records: ReturnType<typeof record>[]): Promise<void> {
  for (const one of records) {
    const { id, source, vendor } = one;
    const origin = { source, vendor, page: `p/${id}`, run: 'run-1', observedAt: new Date('2026-02-28T00:00:00Z') };
    await putRecords(store, origin, [normalizedHost(one)]);
  }
  await mergeChanged(store, { holder: 'test', run: 'run-1' });
}

/** Stores the complete listing of run-2 with `ids` only. The retirement of the missing records waits for confirmation. */
async function storeListing(...ids: string[]): Promise<RunDoc> {
  const outcome = { at: AT, new: 0, changed: 0, unchanged: ids.length, quarantined: 0 };
  await store.pages.insertOne({
    _id: 'run-2/qualys/1',
    run: 'run-2',
    source: 'qualys',
    seq: 0,
    cursor: { at: 0 },
    next: null,
    fetched_at: new Date('2026-03-01T02:00:00Z'),
    status: 200,
    media_type: 'application/json',
    bytes: 1,
    digest: 'd',
    rows: ids.length,
    outcome: { ...outcome, ids, rejected_ids: [], content: '', reader: '' },
  });
  const last = { run: 'run-2', at: AT, records: ids.length };
  await store.sources.insertOne({
    _id: 'qualys',
    vendor: 'qualys',
    last_checked: AT,
    last_run: 'run-2',
    last_complete: last,
  });
  const run: RunDoc = {
    _id: 'run-2',
    workflow_id: 'w',
    status: 'completed',
    started_at: AT,
    ended_at: AT,
    sources: {
      qualys: { ...NO_COUNTS, status: 'complete', unconfirmed: 1, reason: 'shrank', started_at: AT, ended_at: AT },
    },
  };
  await store.runs.insertOne(run);
  return run;
}

const server = (id: string, serial: string) =>
  record(id, { hostname: `${serial}.corp.example.com`.toLowerCase(), hw_info: { serial_number: serial } });

test('the preview counts a host once, and only if all its listed records of all sources are missing', async () => {
  await put(
    server('qualys:1', 'C02F60U4Q05A'),
    server('qualys:2', 'C02F60U4Q05B'),
    server('crowdstrike:2', 'C02F60U4Q05B'),
    // Two machines with two records each in one source: record `3` of one stays listed, `5` and `6` of the other do not.
    server('qualys:3', 'C02F60U4Q05C'),
    server('qualys:4', 'C02F60U4Q05C'),
    server('qualys:5', 'C02F60U4Q05D'),
    server('qualys:6', 'C02F60U4Q05D'),
  );
  await storeListing('3');
  const [retirement] = await unconfirmedRetirements(store);
  expect(retirement).toMatchObject({ source: 'qualys', run: 'run-2' });
  const preview = await previewRetirement(store, retirement!, 1);
  const before = await store.hosts.countDocuments();
  expect(preview.records).toBe(5);
  expect(preview.first).toHaveLength(1);
  expect(await confirmRetirement(store, retirement!, 'ann')).toBe(5);
  await mergeChanged(store, { holder: 'test', run: 'test' });
  expect(await store.hosts.countDocuments({ retired: true })).toBe(preview.hosts);
  expect(await store.hosts.countDocuments()).toBe(before);
  expect(await store.records.countDocuments({ gone_at: AT })).toBe(5);
});

test('a run that begins during the retirement of records restores them all', async () => {
  const records = Array.from({ length: 10 }, (_, index) => ({ _id: `qualys:${index}`, source: 'qualys' }));
  await store.records.insertMany(records as never);
  await storeListing('0');
  const [retirement] = await unconfirmedRetirements(store);
  // Records are marked between the two reads of the source: the run begins before the second one.
  const read = store.sources.findOne.bind(store.sources) as (...args: unknown[]) => Promise<never>;
  let reads = 0;
  let marked = 0;
  const reading = jest.spyOn(store.sources, 'findOne').mockImplementation((async (...args: unknown[]) => {
    if (++reads === 2) {
      marked = await store.records.countDocuments({ gone_at: AT });
      await store.sources.updateOne({ _id: 'qualys' }, { $set: { last_run: 'run-3' } });
    }
    return read(...args);
  }) as never);
  await expect(confirmRetirement(store, retirement!, 'ann')).rejects.toThrow(/A later run read/);
  reading.mockRestore();
  expect(marked).toBe(9);
  expect(await store.records.countDocuments({ gone_at: { $exists: true } })).toBe(0);
  expect((await store.runs.findOne({ _id: 'run-2' }))!.sources['qualys']).toMatchObject({
    unconfirmed: 1,
    reason: 'shrank',
  });
});

test('a confirmation also updates a run that took over the listing', async () => {
  await put(server('qualys:1', 'C02F60U4Q05A'), server('qualys:2', 'C02F60U4Q05B'));
  const run = await storeListing('1');
  const account = { ...run.sources['qualys']!, listing: 'run-2' };
  await store.runs.insertOne({ ...run, _id: 'run-3', sources: { qualys: account } });
  const [retirement] = await unconfirmedRetirements(store, (await store.runs.findOne({ _id: 'run-3' }))!);
  expect(retirement!.run).toBe('run-2');
  expect(await confirmRetirement(store, retirement!, 'ann')).toBe(1);
  for (const run of await store.runs.find().toArray())
    expect(run.sources['qualys']).toMatchObject({ gone: 1, confirmed: { by: 'ann' } });
  expect(await confirmRetirement(store, retirement!, 'bob')).toBe(1);
  expect((await store.runs.findOne({ _id: 'run-2' }))!.sources['qualys']!.confirmed!.by).toBe('ann');
});
