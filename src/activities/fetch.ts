import { Context } from '@temporalio/activity';
import { datasetOf } from '../normalize/datasets/index.js';
import { Failure } from '../model/failure.js';
import { ThreadEnded } from '../threads/thread-ended.js';
import { counts } from '../metrics/counts.js';
import type { Cursor, FetchedPage, Input } from '../model/source.js';
import { resolveSettings } from '../model/settings.js';
import { Beginnings } from '../extract/beginnings.js';
import { appendPage } from '../store/collections/pages.js';
import type { PageDoc } from '../store/documents/pages.js';
import { positionsOf } from '../store/collections/sources.js';
import { followMs } from '../model/timings.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { PaginationLoopDetector } from '../extract/pagination-loop.js';
import { toApplicationFailure } from './failures.js';
import { notifyRetried, orPark, triesSoFar } from './parked.js';
import { from } from './logged.js';
import { InlineNormalization } from '../extract/inline-normalization.js';

export interface FetchInput {
  run: string;
  source: string;
  /** Position of the next page in the listing. */
  seq: number;
  /** Where to go on; `null` at the beginning. */
  cursor: Cursor | null;
  /** Rows of the listing so far. */
  rows: number;
  /** At the end of what there is, wait for more. */
  follow?: boolean;
}

/** What one activity fetched, as references into the ledger. */
export interface PageBatch {
  /** Pages `from` (inclusive) to `to` (exclusive) of the ledger. */
  from: number;
  to: number;
  rows: number;
  bytes: number;
  /** `null`: the listing has ended. */
  next: Cursor | null;
  total?: number;
  warnings: string[];
  /** Of a queue: the counts of its inline normalization. */
  through?: InlineNormalization['sum'];
}

/**
 * Limits of one activity, beside `stretchRecords`: large enough that its overhead of 50 ms does not matter, small enough that
 * repeating it is cheap.
 */
const BUDGET = { bytes: 512 * 1024 * 1024, ms: 60_000 };

/**
 * Fetches pages from `cursor` on until the budget is used or the listing ends. The cursor advances only past pages that are
 * stored, and a second attempt continues after the last page in the ledger, so no stored page is fetched again.
 */
export function fetchActivity({ store, sources, normalizer, keys, config, log }: Dependencies) {
  // The worker keeps one input a source, because an input caches its login and the region it was redirected to.
  const inputs = new Map<string, Input>();
  const inputOf = (name: string): Input => {
    const source = sources.get(name);
    const open = inputs.get(name) ?? source.input(resolveSettings(name, source.settings, config.environment));
    inputs.set(name, open);
    return open;
  };

  return async function fetchPages(input: FetchInput): Promise<PageBatch> {
    const tries = triesSoFar();
    const started = Date.now();
    const batch: PageBatch = { from: input.seq, to: input.seq, rows: 0, bytes: 0, next: input.cursor, warnings: [] };
    let atStart = input.seq === 0 && input.cursor === null;
    const { run, source } = input;
    const { attempt } = Context.current().info;

    const countPage = (page: PageDoc) => {
      batch.to += 1;
      batch.rows += page.rows;
      batch.bytes += page.bytes;
      batch.next = page.next;
      if (page.total !== undefined) batch.total = page.total;
      atStart = false;
    };

    const fetchUntilSpent = async () => {
      const definition = sources.get(source);
      const sealed = datasetOf(definition).personal.length > 0;
      // Read before the first request: a message that is received but cannot be stored counts towards its dead-letter queue.
      if (sealed) keys.keys();
      // Loop detection does not apply to growing files and queues, which may be long and may repeat rows.
      const relisted = definition.listing === 'full' || definition.listing === 'incremental';
      const loopDetector = new PaginationLoopDetector(store, run, source, config.maxRecords);
      const rowsBefore = new Beginnings(store, run, source);
      const storePage = async (page: FetchedPage, at: number): Promise<PageDoc> => {
        if (relisted) await loopDetector.look(page);
        // Pages are ordered by the database's time, because the clocks of workers may differ.
        const stamped = { ...page, fetchedAt: await store.clock.now() };
        return appendPage(store, run, source, at, stamped, sealed ? keys.keys() : undefined);
      };
      const stored = store.pages
        .find({ run: input.run, source: input.source, seq: { $gte: input.seq } })
        .sort({ seq: 1 });
      const reader = inputOf(source);
      for await (const page of stored) {
        if (!reader.acknowledge || page.next !== null || page.rows > 0) countPage(page);
        else await reopenQueue(page);
      }
      // The input waits for acknowledgements: aborting tells it that no more will come.
      const normalizationFailed = new AbortController();
      const signal = AbortSignal.any([Context.current().cancellationSignal, normalizationFailed.signal]);
      const through =
        reader.acknowledge &&
        inlineNormalizationOf(reader.acknowledge.bind(reader), signal, (error) => normalizationFailed.abort(error));
      await through?.catchUp(input.seq, batch.to);
      if (batch.next === null && !atStart) return;

      const budgetMs = () => {
        if (!input.follow) return BUDGET.ms;
        // While following, batches are short, so that records become visible soon and signals take effect soon.
        const { something, nothing } = followMs(config.timings);
        return batch.rows > 0 && !reader.acknowledge ? something : nothing;
      };
      const isSpent = () =>
        (relisted && batch.rows >= config.stretchRecords) ||
        batch.bytes >= BUDGET.bytes ||
        Date.now() - started >= budgetMs();
      const options = {
        signal,
        more: () => !isSpent(),
        follow: input.follow ?? false,
        positions: () => positions,
      };
      const positions =
        definition.listing === 'append' ? positionsOf(store, run, source) : Promise.resolve(new Map<string, Cursor>());
      positions.catch(() => {}); // the input gets the error when it awaits them
      // One page is written while the next one is fetched; the cursor advances only past stored pages.
      let writing: { page: FetchedPage; entry: Promise<PageDoc> } | undefined;
      let seq = batch.to;
      /** Waits for the write in progress. Returns `false` when a late attempt had stored another next cursor for this page. */
      const awaitWrite = async (): Promise<boolean> => {
        if (!writing) return true;
        const { page, entry } = writing;
        writing = undefined;
        const stored = await entry;
        countPage(stored);
        counts.pages.inc({ source });
        counts.bytes.inc({ source }, stored.bytes);
        counts.rows.inc({ source }, stored.rows);
        tries.count = 0;
        if (relisted) loopDetector.check(input.rows + batch.rows - (await rowsBefore.rows(stored.cursor)), batch.total);
        if (through) {
          if (stored.digest !== page.digest) throw supersededPage(source, stored.seq);
          await through.push(page, stored.seq);
        }
        return JSON.stringify(stored.next) === JSON.stringify(page.next);
      };
      try {
        for await (const page of reader.pages(atStart ? null : batch.next, options)) {
          for (const warning of page.warnings ?? [])
            if (!batch.warnings.includes(warning)) batch.warnings.push(warning);
          if (!(await awaitWrite())) return;
          writing = { page, entry: storePage(page, seq) };
          writing.entry.catch(() => {}); // awaitWrite() throws it
          seq += 1;
          // Queues and followed files may wait long for the next page, and a queue waits for its acknowledgements.
          if ((through || input.follow) && !(await awaitWrite())) return;
          // The input of a queue ends once all its pages are acknowledged.
          if (isSpent()) await through?.idle();
        }
      } finally {
        await awaitWrite();
        await through?.idle();
        if (through) batch.through = through.sum;
      }
    };

    /** Reopens a listing that an earlier attempt ended: it may not have emptied the queue, so this attempt drains it again. */
    const reopenQueue = async (ending: PageDoc) => {
      await store.pages.deleteOne({ _id: ending._id });
      batch.next = ending.cursor;
      atStart = ending.seq === 0;
    };

    const inlineNormalizationOf = (
      acknowledge: (page: FetchedPage) => Promise<void>,
      signal: AbortSignal,
      onError: (error: unknown) => void,
    ) =>
      new InlineNormalization(
        (from) => normalizer.normalize({ run, source, from, follow: false, pages: run, attempt }, signal, () => {}),
        acknowledge,
        onError,
      );

    return withHeartbeat(
      () => tries,
      async () => {
        try {
          await notifyRetried();
          await fetchUntilSpent();
          const { from, to, rows, bytes, next, total, through } = batch;
          if (to > from)
            activityLog(log, run, source).info(
              {
                from,
                pages: to - from,
                rows,
                bytes,
                total,
                ...through,
                ended: next === null,
                ms: Date.now() - started,
              },
              'Pages fetched',
            );
          return batch;
        } catch (error) {
          if (error instanceof Failure) {
            // A page that ends the normalizing thread does not count against the vendor: it is set aside after three deaths.
            if (!(error instanceof ThreadEnded)) {
              if (tries.count === 0) tries.since = Date.now();
              tries.count += 1;
            }
            counts.failures.inc({ source, kind: error.kind });
            counts.waits.inc({ source }, (error.details.retryAfterMs ?? 0) / 1000);
          }
          const waitMs = error instanceof Failure ? error.details.retryAfterMs : undefined;
          throw from(await orPark(toApplicationFailure(error, tries, config.patienceMs)), error, {
            page: batch.to,
            ...(tries.count > 0 ? { tries: tries.count } : {}),
            ...(waitMs === undefined ? {} : { waitMs }),
          });
        }
      },
    );
  };
}

/** Two attempts read one queue: this attempt's messages were not stored, so the queue delivers them again. */
const supersededPage = (source: string, seq: number) =>
  new Failure('server-unavailable', `Another attempt has stored page ${seq} of ${source}: its messages come again`, {
    source,
    remedy: 'None is needed: the next attempt goes on after that page',
  });
