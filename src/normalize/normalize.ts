import { setTimeout as sleep } from 'node:timers/promises';
import type { NormalizedRecord } from './datasets/dataset.js';
import { datasetOf } from './datasets/index.js';
import { offlineInput } from '../sources/offline.js';
import type { Row } from '../model/source.js';
import { getBody } from '../store/collections/bodies.js';
import { noteListed, noteUnkept, pagesFrom } from '../store/collections/pages.js';
import type { PageDoc, PageOutcome } from '../store/documents/pages.js';
import { putIds } from '../store/collections/page-ids.js';
import { originOf, putRejected } from '../store/collections/quarantine.js';
import { releaseNormalized } from '../store/release.js';
import { addSample } from '../store/collections/shapes.js';
import { readCarefully, UNWATCHED, type Watched } from './careful.js';
import { placed } from './errors.js';
import { readPage, type ReadPage } from './page.js';
import { putRecordsOf } from './put-records.js';
import { withoutRefused } from './refused-rows.js';
import type { Reading } from './context.js';
import { Shape } from './schema-drift.js';
import { contentDigest, outcomeOfSameBytes, stillHolds } from './unchanged-pages.js';

export interface NormalizeInput {
  run: string;
  source: string;
  /** Position in the listing to begin at. */
  from: number;
  /** Pages are still being fetched: wait a little for the next one. */
  follow: boolean;
  /** The run whose stored pages are read: another one than `run` when they are replayed. */
  pages: string;
  /** Which attempt of its activity this is, from 1: one after the first may follow a death. */
  attempt?: number;
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
  /** Who follows a listing gives up after this long without a page. */
  waitMs: number;
  signal: AbortSignal;
  /** Told after each page. */
  onPage: (sum: Normalized) => void;
  watched?: Watched;
}

interface Prepared {
  body?: Buffer | undefined;
  /** What the same bytes came to before. */
  earlier?: PageOutcome;
}

const POLL_MS = 20;
/** Ledger entries read at once. */
const AHEAD = 50;

/** Turns stored pages into records. Asks no vendor; repeating it changes nothing. Aborted, it ends after the page under way. */
export async function normalize(
  { store, sources, environment, junk, keys, versionOf, outputs }: Reading,
  input: NormalizeInput,
  { rows, waitMs, signal, onPage, watched = UNWATCHED }: Normalizing,
): Promise<Normalized> {
  const source = sources.get(input.source);
  const offline = offlineInput(source, environment);
  const dataset = datasetOf(source);
  const version = versionOf(source.name);
  const replay = input.pages !== input.run;
  const sealed = () => keys.keys();
  // What only grows, or is taken away, never comes again.
  const relisted = source.listing === 'full' || source.listing === 'incremental';
  const sum: Normalized = { ...NOTHING, next: input.from };
  let quarantined = (await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } })) !== null;
  // Until a listing was complete, most records are unknown: they are inserted without being looked for.
  const seen = await store.sources.findOne({ _id: source.name }, { projection: { last_complete: 1 } });
  const known = seen?.last_complete !== undefined;

  const done = (page: PageDoc) => page.outcome !== undefined && !replay;
  const prepare = async (page: PageDoc | undefined): Promise<Prepared> => {
    if (!page || page.rows === 0 || done(page)) return {};
    const earlier = replay || !known || !relisted ? undefined : await outcomeOfSameBytes(store, page, version);
    return earlier ? { earlier } : { body: await getBody(store, page.digest, page.bytes, sealed) };
  };

  const write = async (page: PageDoc, body: Buffer | undefined, read: ReadPage) => {
    const { understood, rejected } = read;
    const origin = originOf(page, input.run);
    const latest = lastOfEach(understood);
    const { counts, refused } = await putRecordsOf(dataset, store, { ...origin, vendor: source.vendor }, latest, known);
    const records = withoutRefused(source, offline, page, body, read, latest, refused);
    // Before the page is done with: a queue is told then that its messages are safe.
    await dataset.passOn?.(outputs, records);
    const unkept = await putRejected(store, origin, rejected);
    if (quarantined) await releaseNormalized(store, page, read);
    quarantined ||= rejected.length > 0;
    const content = records.map(({ _id, hash }) => ({ id: _id.slice(source.name.length + 1), hash }));
    const ids = content.map(({ id }) => id);
    const rejected_ids = rejected.flatMap(({ recordId }) => recordId ?? []);
    await conclude(page, {
      at: new Date(),
      ...counts,
      quarantined: rejected.length,
      unkept,
      ids,
      rejected_ids,
      content: contentDigest(content),
      // What was set aside tells nothing of the same bytes.
      ...(read.setAside ? { reader: '', set_aside: true as const } : { reader: version }),
    });
  };

  const conclude = async (page: PageDoc, outcome: PageOutcome) => {
    if (!replay || !page.outcome || page.outcome.set_aside) {
      const listed = await putIds(store, page._id, outcome);
      await store.pages.updateOne({ _id: page._id }, { $set: { outcome: { ...outcome, ...listed } } });
    } else {
      if (page.outcome.quarantined > 0) await noteListed(store, page._id, outcome.ids.concat(outcome.rejected_ids));
      await noteUnkept(store, page, outcome.unkept ?? 0);
    }
    add(page, outcome);
  };

  const add = (page: PageDoc, outcome: PageOutcome) => {
    sum.pages += 1;
    sum.rows += page.rows;
    for (const count of ['new', 'changed', 'unchanged', 'quarantined'] as const) sum[count] += outcome[count];
    sum.next = page.seq + 1;
    onPage(sum);
  };

  const shape = new Shape();
  let taken = 0;
  let waiting = 0;
  let last: PageDoc | undefined;
  // The next page is read and mapped while this one's writes are under way.
  let writing: Promise<void> = Promise.resolve();
  const take = async (page: PageDoc, { earlier, body }: Prepared) => {
    if (done(page)) {
      await writing;
      add(page, page.outcome!);
      return;
    }
    if (earlier) {
      await writing;
      if (await stillHolds(store, page, earlier)) {
        const { ids } = earlier;
        await conclude(page, { ...earlier, at: new Date(), new: 0, changed: 0, unchanged: ids.length });
        return;
      }
    }
    const bytes = earlier ? await getBody(store, page.digest, page.bytes, sealed) : body;
    let row: number | undefined;
    const look = (now: Row) => {
      row = now.index;
      watched.row();
      return shape.look(now);
    };
    const read = await readCarefully(store, page, input.attempt ?? 1, watched, () =>
      readPage(source, offline, page, bytes, { junk, keys }, look),
    ).catch((error: unknown) => {
      throw placed(error, { page: page.seq, ...(row === undefined ? {} : { row }) });
    });
    await writing;
    writing = write(page, bytes, read).catch((error: unknown) => {
      throw placed(error, { page: page.seq });
    });
    writing.catch(() => {}); // awaited at the next page, and at the end
    await new Promise(setImmediate); // pages are parsed in one go: let others through in between
  };

  while (taken < rows && !signal.aborted && last?.next !== null) {
    const ledger = await pagesFrom(store, input.pages, source.name, last ? last.seq + 1 : input.from, AHEAD);
    if (ledger.length === 0) {
      sum.stopped = input.follow ? 'waited' : 'ended';
      if (!input.follow || waiting >= waitMs) break;
      await sleep(POLL_MS);
      waiting += POLL_MS;
      continue;
    }
    waiting = 0;
    sum.stopped = 'budget';
    let prepared = prepare(ledger[0]);
    for (const [at, page] of ledger.entries()) {
      if (taken >= rows || signal.aborted) break;
      const ready = await prepared;
      prepared = prepare(ledger[at + 1]);
      prepared.catch(() => {}); // awaited with its page
      taken += page.rows;
      last = page;
      await take(page, ready);
    }
  }
  await writing;
  if (!replay) await addSample(store, source.name, input.run, shape);
  if (last?.next === null) sum.stopped = 'ended';
  return sum;
}

/** The same record twice in one page is one record: the later row wins. */
export function lastOfEach(understood: readonly NormalizedRecord[]): NormalizedRecord[] {
  const byId = new Map(understood.map((record) => [record._id, record]));
  return byId.size === understood.length ? (understood as NormalizedRecord[]) : [...byId.values()];
}

export const NOTHING: Normalized = {
  pages: 0,
  rows: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  quarantined: 0,
  next: 0,
  stopped: 'budget',
};
