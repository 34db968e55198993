import { createHash } from 'node:crypto';
import { loadConfig } from '../../src/config.js';
import { BatchFetcher } from '../../src/extract/batch-fetcher.js';
import type { AnySource, FetchedPage, Input } from '../../src/model/source.js';
import type { KeyRingFile } from '../../src/privacy/key-ring.js';
import { appendPage } from '../../src/store/collections/pages.js';
import type { Store } from '../../src/store/database.js';
import type { PageDoc } from '../../src/store/documents/pages.js';
import { dropStore, freshStore } from '../support/store.js';
import { eventually } from '../support/eventually.js';

const PAGES = 9;
/** An attempt waits half a second for the cancellation of a stale one. */
const config = loadConfig({ ROLLCALL_HEARTBEAT_SECONDS: '1' });
const source = { name: 'fleet', dataset: 'hosts', listing: 'full' } as unknown as AnySource;
let store: Store;

beforeAll(async () => {
  store = await freshStore();
});
afterAll(() => dropStore(store));

function page(seq: number): FetchedPage {
  const body = Buffer.from(JSON.stringify({ rows: [{ id: seq }] }));
  const digest = createHash('sha256').update(body).digest('hex');
  const next = seq === PAGES - 1 ? null : { at: seq + 1 };
  const received = { status: 200, mediaType: 'application/json', fetchedAt: new Date() };
  return { cursor: { at: seq }, next, body, digest, rows: 1, ...received };
}

/** An attempt to fetch the listing `run`; `requested` and `stored` are the positions of its pages. */
function attempt(run: string, afterPage: (seq: number) => Promise<unknown> = () => Promise.resolve()) {
  const cancel = new AbortController();
  const requested: number[] = [];
  const stored: number[] = [];
  const input: Input = {
    async *pages(from) {
      for (let seq = Number(from?.['at'] ?? 0); seq < PAGES; seq += 1) {
        requested.push(seq);
        yield page(seq);
        await afterPage(seq);
      }
    },
  };
  const services = { store, config, keys: {} as KeyRingFile };
  const fetcher = new BatchFetcher(
    services,
    source,
    input,
    { run, source: 'fleet', seq: 0, cursor: null, rows: 0 },
    {
      signal: cancel.signal,
      normalizeFrom: () => Promise.reject(new Error('only for queues')),
      onStored: ({ seq }: PageDoc) => stored.push(seq),
    },
  );
  return { fetched: fetcher.fetch(), requested, stored, cancel };
}

test('an attempt requests no further page after another attempt has stored the same page, until Temporal cancels it', async () => {
  // The worker of this attempt is stopped after its first page.
  let resume = () => {};
  const stopped = new Promise<void>((resolve) => (resume = resolve));
  const stale = attempt('stale', () => stopped);
  await eventually('its first page', async () => (await store.pages.countDocuments({ run: 'stale' })) === 1);
  const second = attempt('stale');
  expect(await second.fetched).toMatchObject({ to: PAGES, rows: PAGES, next: null });
  resume();
  await eventually('a second request', async () => stale.requested.length > 1);
  setTimeout(() => stale.cancel.abort(), 100);
  await expect(stale.fetched).rejects.toThrow(/abort/i);
  // Page 2 was requested while page 1 was written.
  expect(stale.requested.length).toBeLessThanOrEqual(3);
  expect([...stale.stored, ...second.stored]).toEqual(Array.from({ length: PAGES }, (_, seq) => seq));
});

test('the attempt that goes on continues after a page of a stale attempt', async () => {
  // A stale attempt stores one more page when the new attempt has begun.
  const current = attempt('current', (seq) =>
    seq === 2 ? appendPage(store, 'current', 'fleet', 4, page(4)) : Promise.resolve(),
  );
  expect(await current.fetched).toMatchObject({ from: 0, to: PAGES, rows: PAGES, next: null });
  expect(current.requested).toHaveLength(PAGES);
  expect(current.stored).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
});
