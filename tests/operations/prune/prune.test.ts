import { createHash, randomBytes } from 'node:crypto';
import { getBody, partsOf, putBody } from '../../../src/store/collections/bodies.js';
import type { Store } from '../../../src/store/database.js';
import { appendPage } from '../../../src/store/collections/pages.js';
import { pruneRaw, type PruneOptions } from '../../../src/operations/prune/prune.js';
import { openRun } from '../../../src/store/collections/runs.js';
import type { AnySource } from '../../../src/model/source.js';
import { record } from '../../host/records.js';
import { putHosts } from '../../export/inventory.js';
import { eventually } from '../../support/eventually.js';
import { dropStore, emptyStore, freshStore } from '../../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

const DAY = 86_400_000;
const NOW = new Date('2026-11-21T00:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY);
const sources = {
  all: () => [{ name: 'full', listing: 'full' } as AnySource, { name: 'queue', listing: 'queue' } as AnySource],
};
const prune = (options: Partial<PruneOptions> = {}) => pruneRaw(store, sources, { keepDays: 90, now: NOW, ...options });
const digestOf = (body: Buffer) => createHash('sha256').update(body).digest('hex');

/** Stores a page of a run, `days` old, with the outcome of its reading if `read` is true. */
async function page(run: string, source: string, days: number, body = randomBytes(300), seq = 0, read = true) {
  const fetchedAt = daysAgo(days);
  const digest = digestOf(body);
  const fetched = {
    cursor: { seq },
    next: null,
    body,
    digest,
    mediaType: 'application/json',
    status: 200,
    fetchedAt,
    rows: 1,
  };
  const { page } = await appendPage(store, run, source, seq, fetched);
  const outcome = {
    at: fetchedAt,
    new: 1,
    changed: 0,
    unchanged: 0,
    quarantined: 0,
    ids: [],
    rejected_ids: [],
    content: '',
    reader: '',
  };
  if (read) await store.pages.updateOne({ _id: page._id }, { $set: { outcome } });
  return { _id: page._id, digest, body };
}

/** Stores a run that started, and by default ended, `days` ago. */
async function run(id: string, days: number, ended = true): Promise<void> {
  await openRun(store, id, 'w', daysAgo(days));
  if (ended) await store.runs.updateOne({ _id: id }, { $set: { status: 'completed', ended_at: daysAgo(days) } });
}

const complete = (source: string, id: string) =>
  store.sources.updateOne(
    { _id: source },
    { $set: { vendor: source, last_checked: NOW, last_complete: { run: id, at: NOW, records: 1 } } },
    { upsert: true },
  );

const pagesLeft = async () =>
  (await store.pages.find().sort({ _id: 1 }).toArray()).map(({ run: id, seq }) => `${id}/${seq}`);
/** Calls prune twice: the first call marks bodies, and the second one removes the marked bodies. */
const twice = async (options: Partial<PruneOptions> = {}) => {
  const first = await prune(options);
  const second = await prune({ ...options, graceMs: 0, now: new Date(NOW.getTime() + 1_000) });
  return { first, second };
};

test('prune removes old unused pages with their bodies, and keeps recent pages and the last run', async () => {
  for (const [id, days] of [
    ['r1', 200],
    ['r2', 100],
    ['r3', 80],
    ['r4', 1],
  ] as const) {
    await run(id, days);
    await page(id, 'full', days);
  }
  await complete('full', 'r4');
  expect(await prune({ dryRun: true })).toMatchObject({ pages: 2, unused: 2, bodies: 0 });
  expect(await pagesLeft()).toHaveLength(4);
  const { first, second } = await twice();
  expect(first).toEqual({ pages: 2, unused: 2, bodies: 0, bytes: 0, more: false });
  expect(second).toMatchObject({ pages: 0, bodies: 2 });
  expect(second.bytes).toBeGreaterThan(600);
  expect(await pagesLeft()).toEqual(['r3/0', 'r4/0']);
  expect(await store.bodies.countDocuments()).toBe(2);
  expect((await store.runs.findOne({ _id: 'r1' }))?.pruned_at).toEqual(NOW);
  expect((await store.runs.findOne({ _id: 'r3' }))?.pruned_at).toBeUndefined();
});

test('prune keeps pages of the last complete run, the last run, a running run and a parked run, however old they are', async () => {
  for (const id of ['lost', 'open', 'parked', 'done', 'late']) {
    await run(id, 300, id !== 'open' && id !== 'lost');
    await page(id, 'full', id === 'late' ? 299 : 300);
  }
  await run('other', 301);
  await page('other', 'full', 301);
  await store.runs.updateOne({ _id: 'parked' }, { $set: { 'sources.full': { parked: true } as never } });
  await complete('full', 'done');
  await store.sources.updateOne({ _id: 'full' }, { $set: { last_run: 'open' } });
  await twice();
  expect(await pagesLeft()).toEqual(['done/0', 'late/0', 'open/0', 'parked/0']);
});

test('prune keeps a page while a listed record or a row in quarantine refers to it', async () => {
  await run('r1', 200);
  await run('r2', 1);
  const pages = [];
  for (let seq = 0; seq < 4; seq += 1) pages.push(await page('r1', 'full', 200, undefined, seq));
  await page('r2', 'full', 1);
  await putHosts(store, [record('full:a', { hostname: 'a' }), record('full:gone', { hostname: 'b' })]);
  const [listed, gone, rejected] = pages;
  const at = { observed_at: daysAgo(200) };
  await store.records.updateOne({ _id: 'full:a' }, { $set: { page: listed!._id, ...at } });
  await store.records.updateOne({ _id: 'full:gone' }, { $set: { page: gone!._id, ...at, gone_at: daysAgo(10) } });
  await store.quarantine.insertOne({ _id: 'full:x', source: 'full', page: rejected!._id } as never);
  const { first } = await twice();
  expect(first.pages).toBe(2);
  expect(await pagesLeft()).toEqual(['r1/0', 'r1/2', 'r2/0']);
  for (const { body, digest } of [listed!, rejected!])
    expect((await getBody(store, digest, body.length))?.equals(body)).toBe(true);
});

test('prune keeps a body that several pages share until it removes the last of them', async () => {
  const body = randomBytes(2_000_000); // three parts
  for (const [id, source, days] of [
    ['r1', 'full', 200],
    ['r2', 'full', 150],
    ['q1', 'queue', 10],
    ['r3', 'full', 1],
  ] as const) {
    await run(id, days);
    await page(id, source, days, source === 'full' && id === 'r3' ? undefined : body);
  }
  expect((await twice()).first).toMatchObject({ pages: 2, unused: 0 });
  expect(await getBody(store, digestOf(body), body.length)).toBeDefined();
  const later = new Date(NOW.getTime() + 100 * DAY);
  await prune({ now: later });
  const gone = await prune({ now: new Date(later.getTime() + 2 * 3_600_000) });
  expect(gone.bodies).toBe(1);
  expect(gone.bytes).toBeGreaterThan(2_000_000);
  expect(await partsOf(store, digestOf(body))).toEqual([]);
});

test('prune removes pages of a queue by age, but keeps unread pages and the last page of a run that follows the queue', async () => {
  await run('follow', 300, false);
  for (const [seq, days, read] of [
    [0, 200, true],
    [1, 190, false],
    [2, 150, true],
    [3, 140, true],
  ] as const)
    await page('follow', 'queue', days, undefined, seq, read);
  await complete('queue', 'follow');
  await store.sources.updateOne({ _id: 'queue' }, { $set: { last_run: 'follow' } });
  await twice();
  expect(await pagesLeft()).toEqual(['follow/3', 'follow/1'].sort());
});

test('prune keeps a body that a worker stores again or has just checked', async () => {
  const body = randomBytes(400);
  await run('r1', 200);
  await run('r2', 0);
  const { digest } = await page('r1', 'full', 200, body);
  await page('r2', 'full', 0);
  await prune();
  expect(await pagesLeft()).toEqual(['r2/0']);
  // The worker stores the body after the mark: this removes the mark before there is a page.
  await putBody(store, digest, body);
  expect((await prune({ graceMs: 0, now: new Date(NOW.getTime() + DAY) })).bodies).toBe(0);
  // The worker has checked the body before the mark, and stores its page after it.
  await prune({ orphans: true });
  await store.pages.insertOne({ ...(await store.pages.findOne())!, _id: 'late', digest });
  expect((await prune({ graceMs: 0, now: new Date(NOW.getTime() + DAY) })).bodies).toBe(0);
  expect((await getBody(store, digest, body.length))?.equals(body)).toBe(true);
  expect((await partsOf(store, digest))[0]).not.toHaveProperty('pending_deletion');
});

test('prune removes bodies without a page only with the option `orphans`', async () => {
  await run('r1', 1);
  await page('r1', 'full', 1);
  const body = randomBytes(1_900_000);
  await putBody(store, digestOf(body), body);
  expect((await prune()).unused).toBe(0);
  expect((await prune({ orphans: true, dryRun: true })).unused).toBe(1);
  expect((await twice({ orphans: true })).second.bodies).toBe(1);
  expect(await store.bodies.countDocuments()).toBe(1);
});

test('prune ends at its time limit, and the next call continues', async () => {
  const at = { run: 'r1', source: 'full', fetched_at: daysAgo(200) };
  const digest = (seq: number) => seq.toString(16).padStart(64, '0');
  const docs = Array.from({ length: 1_200 }, (_, seq) => ({ _id: `r1/full/${seq}`, ...at, seq, digest: digest(seq) }));
  await store.pages.insertMany(docs as never);
  await run('r2', 1);
  await page('r2', 'full', 1);
  let calls = 0;
  for (let more = true; more; calls += 1) ({ more } = await prune({ budgetMs: 1 }));
  expect(calls).toBeGreaterThan(1);
  expect(await pagesLeft()).toEqual(['r2/0']);
});

test('no page loses its body while prune runs in parallel with workers that store the same bytes again', async () => {
  const bodies = Array.from({ length: 6 }, (_, at) => Buffer.from(JSON.stringify({ at, pad: 'x'.repeat(200) })));
  const done = new AbortController();
  let turn = 0;
  const worker = async (name: string) => {
    for (let seq = 0; seq < 12; seq += 1) {
      // Every page is old at once, so prune may remove each one unless its run is open.
      await page(`${name}-${seq}`, 'queue', 200, bodies[(turn += 1) % bodies.length]);
    }
  };
  let removed = 0;
  const pruning = (async () => {
    // The grace time is far longer than the time between a worker's check of a body and its page, and far shorter than the hour
    // in production.
    while (!done.signal.aborted) removed += (await pruneRaw(store, sources, { keepDays: 90, graceMs: 250 })).bodies;
  })();
  await Promise.all(['a', 'b', 'c'].map(worker));
  await eventually('a body to be removed', () => removed > 0);
  await Promise.all(['d', 'e'].map(worker));
  const kept = [];
  for (let at = 0; at < 5; at += 1) kept.push(await page(`kept-${at}`, 'queue', 0, bodies[at]));
  done.abort();
  await pruning;
  for (const { digest, body } of kept) expect((await getBody(store, digest, body.length))?.equals(body)).toBe(true);
  const digests = await store.pages.distinct('digest');
  for (const digest of digests) expect(await partsOf(store, digest)).toHaveLength(1);
});
