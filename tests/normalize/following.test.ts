import { normalizeFollowing } from '../../src/normalize/following.js';
import { NOTHING, type NormalizeInput, type Normalized } from '../../src/normalize/normalized.js';
import type { Store } from '../../src/store/database.js';
import type { PageDoc } from '../../src/store/documents/pages.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await freshStore();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

const INPUT: NormalizeInput = { run: 'run', source: 'qualys', from: 0, follow: true, pages: 'run' };
const signal = new AbortController().signal;

const put = (seq: number, last = false) =>
  store.pages.insertOne({
    _id: `run/qualys/${seq}`,
    run: 'run',
    source: 'qualys',
    seq,
    rows: 10,
    next: last ? null : { at: seq + 1 },
  } as unknown as PageDoc);

/** Reads the stored pages as a thread does: without waiting. */
async function stored(input: NormalizeInput, onPage: (sum: Normalized) => void): Promise<Normalized> {
  const pages = await store.pages.find({ seq: { $gte: input.from } }, { sort: { seq: 1 } }).toArray();
  const sum: Normalized = { ...NOTHING, next: input.from };
  for (const { rows, seq } of pages) {
    Object.assign(sum, { pages: sum.pages + 1, rows: sum.rows + rows, new: sum.new + rows, next: seq + 1 });
    onPage({ ...sum });
  }
  return { ...sum, stopped: pages.at(-1)?.next === null ? 'ended' : 'waited' };
}

test('pages that are stored while it waits are normalized, and sums include all calls', async () => {
  const sums: number[] = [];
  let calls = 0;
  await put(0);
  const done = await normalizeFollowing(
    store,
    INPUT,
    { rows: 1_000, waitMs: 60_000, signal, onPage: ({ pages }) => void sums.push(pages) },
    async (input, onPage) => {
      calls += 1;
      const sum = await stored(input, onPage);
      if (calls < 3) setTimeout(() => void put(calls, calls === 2), 50);
      return sum;
    },
  );
  expect(done).toMatchObject({ pages: 3, rows: 30, new: 30, next: 3, stopped: 'ended' });
  expect(sums).toEqual([1, 2, 3]);
});

test('it ends without a page in time, at the end of the listing, after enough rows, and when it is aborted', async () => {
  const limits = { rows: 1_000, waitMs: 30, signal, onPage: () => {} };
  await put(0);
  expect(await normalizeFollowing(store, INPUT, limits, stored)).toMatchObject({ pages: 1, stopped: 'waited' });
  expect(await normalizeFollowing(store, INPUT, { ...limits, rows: 10, waitMs: 60_000 }, stored)).toMatchObject({
    rows: 10,
  });
  const aborted = { ...limits, waitMs: 60_000, signal: AbortSignal.abort() };
  expect(await normalizeFollowing(store, INPUT, aborted, stored)).toMatchObject({ pages: 1, stopped: 'waited' });
  // Another share has the last page of the listing.
  await put(1, true);
  const share = { ...INPUT, share: { index: 0, of: 2 } };
  const first = async (input: NormalizeInput): Promise<Normalized> =>
    input.from === 0 ? { ...NOTHING, pages: 1, next: 2, stopped: 'waited' } : { ...NOTHING, stopped: 'waited' };
  expect(await normalizeFollowing(store, share, { ...limits, waitMs: 60_000 }, first)).toMatchObject({
    pages: 1,
    stopped: 'ended',
  });
});
