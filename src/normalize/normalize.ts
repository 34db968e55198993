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
import { leaveQuarantineNormalized } from '../store/release.js';
import { addSample } from '../store/collections/shapes.js';
import { readCarefully, UNOBSERVED, type ReadObserver } from './careful.js';
import { placed } from './errors.js';
import { readPage, type ReadPage } from './page.js';
import { putRecordsOf } from './put-records.js';
import { withoutRefused } from './refused-rows.js';
import type { NormalizerContext } from './context.js';
import { SchemaSampler } from './schema-drift.js';
import { contentDigest, outcomeOfSameBytes, stillHolds } from './unchanged-pages.js';

export interface NormalizeInput {
  run: string;
  source: string;
  /** Position in the listing to start at. */
  from: number;
  /** Pages are still being fetched: wait for the next one, up to `waitMs`. */
  follow: boolean;
  /** The run whose stored pages are read. Differs from `run` in a replay. */
  pages: string;
  /** Number of the activity's attempt, from 1. A later one may follow a death, see `deaths.ts`. */
  attempt?: number;
}

export interface Normalized {
  pages: number;
  rows: number;
  new: number;
  changed: number;
  unchanged: number;
  quarantined: number;
  /** Position in the listing to continue at. */
  next: number;
  /** `ended`: the listing is complete. `budget`: there may be more pages. `waited`: no further page came within `waitMs`. */
  stopped: 'ended' | 'budget' | 'waited';
}

export interface Normalizing {
  /** Stops after the page with which this many rows are reached. */
  rows: number;
  /** With `follow`: stops after this time without a page. */
  waitMs: number;
  signal: AbortSignal;
  /** Called after each page. */
  onPage: (sum: Normalized) => void;
  observer?: ReadObserver;
}

interface Prepared {
  body?: Buffer | undefined;
  /** Outcome of an earlier page with the same bytes. */
  earlier?: PageOutcome;
}

const POLL_MS = 20;
/** Ledger entries read at once. */
const AHEAD = 50;

/**
 * Turns stored pages into records. Sends no requests to vendors. Can be repeated. When aborted, it finishes the current page
 * first.
 */
export async function normalize(
  { store, sources, environment, junk, keys, versionOf, outputs }: NormalizerContext,
  input: NormalizeInput,
  { rows, waitMs, signal, onPage, observer = UNOBSERVED }: Normalizing,
): Promise<Normalized> {
  const source = sources.get(input.source);
  const offline = offlineInput(source, environment);
  const dataset = datasetOf(source);
  const version = versionOf(source.name);
  const replay = input.pages !== input.run;
  const sealed = () => keys.keys();
  // Rows of a growing file or a queue come once, so the same bytes never come again.
  const relisted = source.listing === 'full' || source.listing === 'incremental';
  const sum: Normalized = { ...NOTHING, next: input.from };
  let quarantined = (await store.quarantine.findOne({ source: source.name }, { projection: { _id: 1 } })) !== null;
  // Until the source's first complete listing most records are new, so they are inserted without a lookup.
  const seen = await store.sources.findOne({ _id: source.name }, { projection: { last_complete: 1 } });
  const known = seen?.last_complete !== undefined;

  const isDone = (page: PageDoc) => page.outcome !== undefined && !replay;
  const prepare = async (page: PageDoc | undefined): Promise<Prepared> => {
    if (!page || page.rows === 0 || isDone(page)) return {};
    const earlier = replay || !known || !relisted ? undefined : await outcomeOfSameBytes(store, page, version);
    return earlier ? { earlier } : { body: await getBody(store, page.digest, page.bytes, sealed) };
  };

  const write = async (page: PageDoc, body: Buffer | undefined, read: ReadPage) => {
    const { understood, rejected } = read;
    const origin = originOf(page, input.run);
    const latest = lastOfEach(understood);
    const { counts, refused } = await putRecordsOf(dataset, store, { ...origin, vendor: source.vendor }, latest, known);
    const records = withoutRefused(source, offline, page, body, read, latest, refused);
    // Before the page gets its outcome: after that, a queue's messages are deleted.
    await dataset.passOn?.(outputs, records);
    const unkept = await putRejected(store, origin, rejected);
    if (quarantined) await leaveQuarantineNormalized(store, page, read);
    quarantined ||= rejected.length > 0;
    const content = records.map(({ _id, hash }) => ({ id: _id.slice(source.name.length + 1), hash }));
    const ids = content.map(({ id }) => id);
    const rejected_ids = rejected.flatMap(({ recordId }) => recordId ?? []);
    await putOutcome(page, {
      at: new Date(),
      ...counts,
      quarantined: rejected.length,
      unkept,
      ids,
      rejected_ids,
      content: contentDigest(content),
      // Without a reading version, so that pages with the same bytes are not skipped because of this one.
      ...(read.setAside ? { reader: '', set_aside: true as const } : { reader: version }),
    });
  };

  const putOutcome = async (page: PageDoc, outcome: PageOutcome) => {
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

  const schema = new SchemaSampler();
  let rowsRead = 0;
  let waitedMs = 0;
  let last: PageDoc | undefined;
  // The next page is read and mapped while this one is written.
  let writing: Promise<void> = Promise.resolve();
  const take = async (page: PageDoc, { earlier, body }: Prepared) => {
    if (isDone(page)) {
      await writing;
      add(page, page.outcome!);
      return;
    }
    if (earlier) {
      await writing;
      if (await stillHolds(store, page, earlier)) {
        const { ids } = earlier;
        await putOutcome(page, { ...earlier, at: new Date(), new: 0, changed: 0, unchanged: ids.length });
        return;
      }
    }
    const bytes = earlier ? await getBody(store, page.digest, page.bytes, sealed) : body;
    let row: number | undefined;
    const observe = (now: Row) => {
      row = now.index;
      observer.row();
      return schema.add(now);
    };
    const read = await readCarefully(store, page, input.attempt ?? 1, observer, () =>
      readPage(source, offline, page, bytes, { junk, keys }, observe),
    ).catch((error: unknown) => {
      throw placed(error, { page: page.seq, ...(row === undefined ? {} : { row }) });
    });
    await writing;
    writing = write(page, bytes, read).catch((error: unknown) => {
      throw placed(error, { page: page.seq });
    });
    writing.catch(() => {}); // awaited at the next page and at the end
    await new Promise(setImmediate); // parsing a page blocks the event loop: run other tasks in between
  };

  while (rowsRead < rows && !signal.aborted && last?.next !== null) {
    const ledger = await pagesFrom(store, input.pages, source.name, last ? last.seq + 1 : input.from, AHEAD);
    if (ledger.length === 0) {
      sum.stopped = input.follow ? 'waited' : 'ended';
      if (!input.follow || waitedMs >= waitMs) break;
      await sleep(POLL_MS);
      waitedMs += POLL_MS;
      continue;
    }
    waitedMs = 0;
    sum.stopped = 'budget';
    let prepared = prepare(ledger[0]);
    for (const [at, page] of ledger.entries()) {
      if (rowsRead >= rows || signal.aborted) break;
      const ready = await prepared;
      prepared = prepare(ledger[at + 1]);
      prepared.catch(() => {}); // awaited with its page
      rowsRead += page.rows;
      last = page;
      await take(page, ready);
    }
  }
  await writing;
  if (!replay) await addSample(store, source.name, input.run, schema);
  if (last?.next === null) sum.stopped = 'ended';
  return sum;
}

/** Removes duplicates within a page: the later row wins. */
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
