import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { pino } from 'pino';
import { listingActivities } from '../../src/activities/listing.js';
import { loadConfig } from '../../src/config.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { assertClocksAgree } from '../../src/store/clock.js';
import type { Store } from '../../src/store/database.js';
import { decide, decisionsAbout } from '../../src/store/collections/decisions.js';
import { latestPage } from '../../src/store/collections/pages.js';
import { putRejected } from '../../src/store/collections/quarantine.js';
import { putRecords } from '../../src/store/collections/records.js';
import { leaveQuarantine } from '../../src/store/release.js';
import { markGone } from '../../src/merge/missing-records.js';
import { record } from '../host/records.js';
import { readObservation } from '../../src/store/stored-observation.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

/** Documents written with a wrong clock block nothing, and a machine with a wrong clock does no work. */
let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await emptyStore(store);
});
afterAll(() => dropStore(store));

const YEAR_MS = 365 * 86_400_000;
const ahead = () => new Date(Date.now() + YEAR_MS);
/** Makes this machine's clock wrong by `byMs`. */
const setClock = (byMs: number) => {
  const real = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => real() + byMs);
};

let pages = 0;
async function put(observedAt: Date, hostname: string, lastSeen = '2026-01-02T00:00:00Z') {
  const listed = record('qualys:1', { hostname, last_seen_time: new Date(lastSeen) });
  const page = `p${(pages += 1)}`;
  return putRecords(store, { source: 'qualys', vendor: 'qualys', page, run: page, observedAt }, [
    normalizedHost(listed),
  ]);
}

test('a record that was written with a clock a year ahead changes, updates its times and is listed again like any other', async () => {
  const known = async () => (await store.records.findOne({ _id: 'qualys:1' }))!;
  await put(ahead(), 'web-01');
  await put(new Date(), 'web-01', '2026-02-01T00:00:00Z');
  expect((await known()).times.last_seen_time).toEqual(new Date('2026-02-01T00:00:00Z'));
  expect(await put(new Date(), 'web-02')).toMatchObject({ changed: 1 });
  expect(readObservation(await known()).device.hostname).toBe('web-02');

  await put(ahead(), 'web-03');
  await markGone(store, ['qualys:1'], new Date());
  expect(await put(new Date(), 'web-03')).toMatchObject({ changed: 1 });
  expect(await known()).not.toHaveProperty('gone_at');
  // An older page still changes nothing.
  expect(await put(new Date(Date.now() - 60_000), 'web-01')).toMatchObject({ unchanged: 1 });
});

test('a row that was quarantined with a clock a year ahead is updated by its next page, and can leave quarantine', async () => {
  const origin = (page: string, observedAt: Date) => ({ source: 'qualys', run: 'r', page, observedAt });
  const row = { recordId: '7', reason: 'id is missing', row: 0, offset: 0, length: 2 };
  await putRejected(store, origin('p1', ahead()), [row]);
  const now = new Date();
  await putRejected(store, origin('p2', now), [row]);
  expect(await store.quarantine.findOne()).toMatchObject({ page: 'p2', last_at: now, count: 2 });
  await store.quarantine.updateOne({}, { $set: { last_at: ahead() } });
  await leaveQuarantine(store, { _id: 'p3', fetched_at: now }, ['qualys:7']);
  expect(await store.quarantine.countDocuments()).toBe(0);
});

test('of two decisions the later one applies, whatever the clock of the first one', async () => {
  const by = { by: 'test', why: 'test' };
  await decide(store, [['a:1', 'b:1']], { kind: 'join', ...by });
  await store.decisions.updateOne({}, { $set: { at: ahead().toISOString() } });
  await decide(store, [['b:1', 'a:1']], { kind: 'split', ...by });
  const latest = [...(await decisionsAbout(store, undefined, ['a:1']))].sort((a, b) => (a.at < b.at ? 1 : -1));
  expect(latest.map(({ kind }) => kind)).toEqual(['split', 'join']);
});

test('the latest page is not a page with a time a year ahead', async () => {
  const page = (run: string, fetched_at: Date) => ({ _id: run, run, source: 'qualys', fetched_at }) as never;
  await store.pages.insertMany([page('right', new Date(Date.now() - 1_000)), page('ahead', ahead())]);
  expect((await latestPage(store, 'qualys'))?.run).toBe('right');
});

describe('opening a listing', () => {
  const open = () => {
    const config = loadConfig({ QUALYS_DEMO_URL: 'http://127.0.0.1:1', QUALYS_DEMO_TOKEN: 't' });
    const given = { store, sources: loadSources(), config, log: pino({ enabled: false }) };
    return listingActivities(given as never).openListing({
      run: 'r',
      source: 'qualys-demo',
      force: false,
      fetch: true,
    });
  };
  const complete = (at: Date) =>
    store.sources.insertOne({
      _id: 'qualys-demo',
      vendor: 'qualys',
      last_checked: at,
      last_complete: { run: 'r0', at, records: 1 },
    });

  test('a source whose last complete listing is a year ahead is not fresh', async () => {
    await complete(ahead());
    expect(await open()).toMatchObject({ collect: true });
  });

  test('times are those of MongoDB, whatever the clock of this machine', async () => {
    setClock(200_000);
    const { startedAt } = (await open()) as { startedAt: string };
    jest.restoreAllMocks();
    expect(Math.abs(Date.parse(startedAt) - Date.now())).toBeLessThan(100_000);
  });

  test.each([
    [YEAR_MS, /^This machine's clock is 365 days ahead of MongoDB's/],
    [-YEAR_MS, /^This machine's clock is 365 days behind MongoDB's/],
    [600_000, /^This machine's clock is 10 minutes ahead of MongoDB's/],
  ])('a machine whose clock is wrong by %d ms does no work', async (by, message) => {
    setClock(by);
    await expect(open()).rejects.toMatchObject({ message: expect.stringMatching(message), kind: 'settings-invalid' });
    await expect(assertClocksAgree(store)).rejects.toMatchObject({
      details: { remedy: expect.stringContaining('time server') },
    });
    jest.restoreAllMocks();
    await assertClocksAgree(store);
  });
});
