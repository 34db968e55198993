import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { limitLeft } from '../../src/connectors/http/observe.js';
import { loadConfig, type Config } from '../../src/config.js';
import { classOf, inventoryGauges } from '../../src/metrics/inventory.js';
import { countingThreads } from '../../src/metrics/threads.js';
import { ttlCached } from '../../src/metrics/ttl-cache.js';
import { registry } from '../../src/metrics/registry.js';
import type { Normalized } from '../../src/normalize/normalized.js';
import { putAlert } from '../../src/store/collections/alerts.js';
import { openStore, type Store } from '../../src/store/database.js';
import { putRejected } from '../../src/store/collections/quarantine.js';
import { parseMetrics, valueOf } from './scrape.js';
import { dropStore } from '../support/store.js';

let store: Store;
let config: Config;
beforeAll(async () => {
  config = loadConfig({
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    MONGODB_DATABASE: `g${randomUUID().slice(0, 8)}`,
    ROLLCALL_LOG_DIR: tmpdir(),
  });
  store = await openStore(config.mongodb);
});
afterAll(async () => {
  await dropStore(store);
});

/** Scrapes new gauges, which have no cached values. */
async function scrape(sources = ['qualys', 'crowdstrike']) {
  await inventoryGauges(store, config, sources)();
  return parseMetrics(await registry.metrics());
}

const host = (id: string, more = {}) => store.hosts.insertOne({ _id: id, device: {}, sources: [], ...more } as never);

test('the gauges report the content of MongoDB, with few label values', async () => {
  const now = new Date();
  const origin = { source: 'qualys', run: 'r', page: 'p', observedAt: now };
  const rows = [
    'id is missing',
    'id is neither a number nor text',
    'the mapping threw TypeError',
    'value is not a number',
  ];
  await putRejected(
    store,
    origin,
    rows.map((reason, row) => ({ reason, row, offset: 0, length: 1 })),
  );
  await Promise.all([host('h1'), host('h2'), host('h3', { retired: true })]);
  await store.records.insertMany([
    { _id: 'qualys:1', keys: [], dirty: true },
    { _id: 'qualys:2', keys: [] },
  ] as never[]);
  const last_complete = { run: 'r', at: new Date(now.getTime() - 3_600_000), records: 2 };
  const parked = { run: 'r', at: now, kind: 'credentials-rejected', reason: '401' };
  await store.sources.insertMany([
    { _id: 'qualys', vendor: 'qualys', last_checked: now, last_complete },
    { _id: 'crowdstrike', vendor: 'crowdstrike', last_checked: now, parked },
    { _id: 'abandoned', vendor: 'none', last_checked: now, last_complete },
  ]);
  await putAlert(store, { _id: 'run-failed/r', kind: 'run-failed', reason: 'x', at: now });

  const samples = await scrape();
  const of = (name: string, labels?: Record<string, string>) => valueOf(samples, name, labels);
  expect(of('rollcall_hosts', { state: 'live' })).toBe(2);
  expect(of('rollcall_hosts', { state: 'retired' })).toBe(1);
  expect(of('rollcall_records_waiting')).toBe(1);
  expect(of('rollcall_quarantine_rows', { source: 'qualys', reason_class: 'id' })).toBe(2);
  expect(of('rollcall_quarantine_rows', { source: 'qualys', reason_class: 'mapping' })).toBe(1);
  expect(of('rollcall_quarantine_rows', { source: 'qualys', reason_class: 'record' })).toBe(1);
  expect(of('rollcall_quarantine_rows', { source: 'crowdstrike', reason_class: 'id' })).toBe(0);
  expect(of('rollcall_source_age_seconds', { source: 'qualys' })).toBeGreaterThanOrEqual(3_600);
  expect(of('rollcall_source_age_seconds', { source: 'crowdstrike' })).toBeUndefined();
  expect(of('rollcall_source_age_seconds', { source: 'abandoned' })).toBeUndefined();
  expect(of('rollcall_source_parked', { source: 'crowdstrike' })).toBe(1);
  expect(of('rollcall_source_parked', { source: 'qualys' })).toBe(0);
  expect(of('rollcall_alerts_waiting')).toBe(1);
  expect(of('rollcall_mongodb_disk_bytes', { state: 'free' })).toBeGreaterThan(0);
  expect(of('rollcall_log_disk_free_bytes')).toBeGreaterThan(0);

  await store.quarantine.deleteMany({});
  expect(valueOf(await scrape(), 'rollcall_quarantine_rows', { source: 'qualys', reason_class: 'id' })).toBe(0);
});

test('no gauge scans a collection: quarantine, waiting records and retired hosts are counted in indexes', async () => {
  const groups = [
    { $sort: { source: 1, reason: 1 } },
    { $group: { _id: { source: '$source', reason: '$reason' }, rows: { $sum: 1 } } },
  ];
  const plans = await Promise.all([
    store.quarantine.aggregate(groups).explain('executionStats'),
    store.records.find({ dirty: true }, { hint: { dirty: 1, _id: 1 } }).explain('queryPlanner'),
    store.hosts.find({ retired: true }).explain('queryPlanner'),
    store.alerts.find({ next_at: { $exists: true } }).explain('queryPlanner'),
  ]);
  for (const plan of plans) expect(JSON.stringify(plan)).not.toContain('COLLSCAN');
  expect(JSON.stringify(plans[0])).toMatch(/PROJECTION_COVERED|"totalDocsExamined":0|DISTINCT_SCAN/);
});

test('a running query is not started twice, its result is cached, and a scrape does not wait for a slow query', async () => {
  let calls = 0;
  const quick = ttlCached(async () => (calls += 1), 1_000);
  expect(await Promise.all([quick(), quick(), quick()])).toEqual([1, 1, 1]);
  expect(await quick()).toBe(1);
  const never = ttlCached(() => new Promise(() => {}), 30);
  expect(await never()).toBeUndefined();
  const broken = ttlCached(() => Promise.reject(new Error('away')), 1_000);
  expect(await broken()).toBeUndefined();
  // The result of a slow query is cached for longer: for 20 times its duration.
  let slow = 0;
  const costly = ttlCached(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return (slow += 1);
    },
    1_000,
    1,
  );
  await costly();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await costly()).toBe(1);
});

test('the outcome of pages is counted once, however the sums arrive', async () => {
  const sums = [
    { pages: 1, new: 3, changed: 0, unchanged: 1, quarantined: 0 },
    { pages: 3, new: 5, changed: 1, unchanged: 1, quarantined: 2 },
  ] as Normalized[];
  const reported: Normalized[] = [];
  const normalizer = countingThreads({
    // The last sum arrives only as the result.
    async normalize(_input, _signal, onPage) {
      onPage(sums[0]!);
      return sums[1]!;
    },
    loadInOrder: () => Promise.reject(new Error('not used')),
    mergeParts: () => Promise.reject(new Error('not used')),
    async close() {},
  });
  const input = { source: 'counted', run: 'r', from: 0, follow: false, pages: 'r' };
  await normalizer.normalize(input, new AbortController().signal, (sum) => reported.push(sum));
  expect(reported).toEqual([sums[0]]);
  const samples = parseMetrics(await registry.metrics());
  const of = (outcome: string) => valueOf(samples, 'rollcall_records_total', { source: 'counted', outcome });
  expect(['new', 'changed', 'unchanged', 'quarantined'].map(of)).toEqual([5, 1, 1, 2]);
  expect(valueOf(samples, 'rollcall_normalized_pages_total', { source: 'counted' })).toBe(3);
});

test.each<[Record<string, string>, number | undefined]>([
  [{ 'X-RateLimit-Remaining': '299' }, 299],
  [{ 'X-RateLimit-Remaining': '299', 'RateLimit-Remaining': '7' }, 7],
  [{ RateLimit: 'limit=100, remaining=50, reset=5' }, 50],
  [{ RateLimit: '"default";r=12;t=30' }, 12],
  [{ 'X-RateLimit-Remaining': 'many' }, undefined],
  [{}, undefined],
])('the remaining limit in the headers %j is %s', (headers, left) => {
  expect(limitLeft(new Headers(headers))).toBe(left);
});

test.each([
  ['the mapping threw TypeError', 'mapping'],
  ['A page of qualys is not JSON', 'page'],
  ['the stored body is missing', 'page'],
  ['_id is missing', 'id'],
  ['id is missing', 'id'],
])('the reason %s has the class %s', (reason, expected) => {
  expect(classOf(reason)).toBe(expected);
});
