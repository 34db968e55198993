import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceRegistry } from '../sources/index.js';
import { offlineInput } from '../sources/offline.js';
import { getBody } from '../store/bodies.js';
import type { Store } from '../store/database.js';
import { pagesFrom, type PageDoc, type PageOutcome } from '../store/pages.js';
import { putRejected, releaseUnderstood } from '../store/quarantine.js';
import { putRecords } from '../store/records.js';
import { readPage, type ReadPage } from './page.js';

export interface NormalizeInput {
  run: string;
  source: string;
  /** Position in the listing to begin at. */
  from: number;
  /** Pages are still being fetched: wait a little for the next one. */
  follow: boolean;
  /** The run whose stored pages are read: another one than `run` when they are replayed. */
  pages: string;
}

export interface Normalized {
  pages: number;
  rows: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Position in the listing to go on at. */
  next: number;
  /** `ended`: all there is. `budget`: there may be more. `waited`: no further page came for a while. */
  stopped: 'ended' | 'budget' | 'waited';
}

export interface Normalizing {
  /** About how many rows to read at once. */
  rows: number;
  signal: AbortSignal;
  /** Told after each page. */
  onPage(sum: Normalized): void;
}

const POLL_MS = 20;
const PATIENCE_MS = 2_000;
/** Ledger entries read at once. */
const AHEAD = 50;

/** Turns stored pages into records. Asks no vendor; repeating it changes nothing. Aborted, it ends after the page under way. */
export async function normalize(
  store: Store,
  sources: SourceRegistry,
  environment: Record<string, string | undefined>,
  input: NormalizeInput,
  { rows, signal, onPage }: Normalizing,
): Promise<Normalized> {
  const source = sources.get(input.source);
  const reader = offlineInput(source, environment);
  const replay = input.pages !== input.run;
  const sum: Normalized = {
    pages: 0,
    rows: 0,
    new: 0,
    changed: 0,
    unchanged: 0,
    quarantined: 0,
    next: input.from,
    stopped: 'budget',
  };
  let quarantined = (await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } })) !== null;

  const bodyOf = async (page: PageDoc | undefined) =>
    !page || page.rows === 0 || (page.outcome && !replay) ? undefined : getBody(store, page.digest, page.bytes);

  const write = async (page: PageDoc, { understood, rejected }: ReadPage) => {
    const origin = {
      source: source.name,
      vendor: source.vendor,
      page: page._id,
      run: input.run,
      observedAt: page.fetched_at,
    };
    const counts = await putRecords(store, origin, understood);
    await putRejected(store, origin, rejected);
    if (quarantined) await releaseUnderstood(store, page._id, understood);
    quarantined ||= rejected.length > 0;
    const outcome = { ...counts, quarantined: rejected.length };
    if (!replay || !page.outcome) {
      const ids = understood.map((record) => record._id.slice(source.name.length + 1));
      const rejected_ids = rejected.flatMap(({ recordId }) => recordId ?? []);
      await store.pages.updateOne(
        { _id: page._id },
        { $set: { outcome: { at: new Date(), ...outcome, ids, rejected_ids } } },
      );
    }
    add(page, outcome);
  };

  const add = (page: PageDoc, outcome: Omit<PageOutcome, 'at' | 'ids' | 'rejected_ids'>) => {
    sum.pages += 1;
    sum.rows += page.rows;
    for (const count of ['new', 'changed', 'unchanged', 'quarantined'] as const) sum[count] += outcome[count];
    sum.next = page.seq + 1;
    onPage(sum);
  };

  let position = input.from;
  let taken = 0;
  let waiting = 0;
  // The next page is read and mapped while this one's writes are under way.
  let writing: Promise<void> = Promise.resolve();
  let last: PageDoc | undefined;
  while (taken < rows && !signal.aborted && last?.next !== null) {
    const ledger = await pagesFrom(store, input.pages, source.name, position, AHEAD);
    if (ledger.length === 0) {
      sum.stopped = input.follow ? 'waited' : 'ended';
      if (!input.follow || waiting >= PATIENCE_MS) break;
      await sleep(POLL_MS);
      waiting += POLL_MS;
      continue;
    }
    waiting = 0;
    sum.stopped = 'budget';
    let body = bodyOf(ledger[0]);
    for (const [at, page] of ledger.entries()) {
      if (taken >= rows || signal.aborted) break;
      const bytes = await body;
      body = bodyOf(ledger[at + 1]);
      body.catch(() => {}); // awaited with its page
      taken += page.rows;
      position = page.seq + 1;
      last = page;
      if (page.outcome && !replay) {
        await writing;
        add(page, page.outcome);
        continue;
      }
      const read = readPage(source, reader, page, bytes);
      await writing;
      writing = write(page, read);
      writing.catch(() => {}); // awaited at the next page, and at the end
      await new Promise(setImmediate); // pages are parsed in one go: let others through in between
    }
  }
  await writing;
  if (last?.next === null) sum.stopped = 'ended';
  return sum;
}
