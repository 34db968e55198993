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

/** What one activity fetched: references only. */
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
  /** Of a queue: what its pages have come to, which were normalized at once. */
  through?: InlineNormalization['sum'];
}

/** An activity ends after the first of these or `stretchRecords`: long enough to be worth its 50 ms, short enough to be done again. */
const BUDGET = { bytes: 512 * 1024 * 1024, ms: 60_000 };

/**
 * Fetches pages from `cursor` on, each durable before the next one counts, until the budget is used or the listing ends.
 * A second attempt goes on after the last page that the ledger holds: what was stored is not fetched again.
 */
export function fetchActivity({ store, sources, normalizer, keys, config, log }: Dependencies) {
  // An input remembers its login and the region it was sent to: one a source, for the life of the worker.
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
    const stretch: PageBatch = { from: input.seq, to: input.seq, rows: 0, bytes: 0, next: input.cursor, warnings: [] };
    let atStart = input.seq === 0 && input.cursor === null;
    const { run, source } = input;
    const { attempt } = Context.current().info;

    const account = (page: PageDoc) => {
      stretch.to += 1;
      stretch.rows += page.rows;
      stretch.bytes += page.bytes;
      stretch.next = page.next;
      if (page.total !== undefined) stretch.total = page.total;
      atStart = false;
    };

    const walk = async () => {
      const definition = sources.get(source);
      const sealed = datasetOf(definition).personal.length > 0;
      // Before the first request: a message that is received and cannot be kept counts towards its dead-letter queue.
      if (sealed) keys.keys();
      // What only grows, or is taken away, may be long and may repeat itself.
      const relisted = definition.listing === 'full' || definition.listing === 'incremental';
      const guard = new PaginationLoopDetector(store, run, source, config.maxRecords);
      const before = new Beginnings(store, run, source);
      const keep = async (page: FetchedPage, at: number): Promise<PageDoc> => {
        if (relisted) await guard.look(page);
        // Pages are put in order by their time: workers' clocks may differ.
        const stamped = { ...page, fetchedAt: await store.clock.now() };
        return appendPage(store, run, source, at, stamped, sealed ? keys.keys() : undefined);
      };
      const stored = store.pages
        .find({ run: input.run, source: input.source, seq: { $gte: input.seq } })
        .sort({ seq: 1 });
      const reader = inputOf(source);
      for await (const page of stored) {
        if (!reader.acknowledge || page.next !== null || page.rows > 0) account(page);
        else await reopenQueue(page);
      }
      // The input waits for acknowledgements: it is told when no more will come.
      const broken = new AbortController();
      const signal = AbortSignal.any([Context.current().cancellationSignal, broken.signal]);
      const through =
        reader.acknowledge &&
        inlineNormalizationOf(reader.acknowledge.bind(reader), signal, (error) => broken.abort(error));
      await through?.catchUp(input.seq, stretch.to);
      if (stretch.next === null && !atStart) return;

      const patience = () => {
        if (!input.follow) return BUDGET.ms;
        // Who follows wants what has come soon, and to be heard when it is enough.
        const { something, nothing } = followMs(config.timings);
        return stretch.rows > 0 && !reader.acknowledge ? something : nothing;
      };
      const spent = () =>
        (relisted && stretch.rows >= config.stretchRecords) ||
        stretch.bytes >= BUDGET.bytes ||
        Date.now() - started >= patience();
      const options = {
        signal,
        more: () => !spent(),
        follow: input.follow ?? false,
        positions: () => positions,
      };
      const positions =
        definition.listing === 'append' ? positionsOf(store, run, source) : Promise.resolve(new Map<string, Cursor>());
      positions.catch(() => {}); // whoever asks gets it
      // One write is under way while the next page is being fetched; the cursor only follows what is durable.
      let writing: { page: FetchedPage; entry: Promise<PageDoc> } | undefined;
      let seq = stretch.to;
      /** Waits for the write under way; `false` when a late attempt had stored another successor for the same cursor. */
      const settle = async (): Promise<boolean> => {
        if (!writing) return true;
        const { page, entry } = writing;
        writing = undefined;
        const stored = await entry;
        account(stored);
        counts.pages.inc({ source });
        counts.bytes.inc({ source }, stored.bytes);
        counts.rows.inc({ source }, stored.rows);
        tries.count = 0;
        if (relisted) guard.check(input.rows + stretch.rows - (await before.rows(stored.cursor)), stretch.total);
        if (through) {
          if (stored.digest !== page.digest) throw takenOver(source, stored.seq);
          await through.push(page, stored.seq);
        }
        return JSON.stringify(stored.next) === JSON.stringify(page.next);
      };
      try {
        for await (const page of reader.pages(atStart ? null : stretch.next, options)) {
          for (const warning of page.warnings ?? [])
            if (!stretch.warnings.includes(warning)) stretch.warnings.push(warning);
          if (!(await settle())) return;
          writing = { page, entry: keep(page, seq) };
          writing.entry.catch(() => {}); // settle() reports it
          seq += 1;
          // These wait for what comes next, not for us: and a queue for being told what is stored.
          if ((through || input.follow) && !(await settle())) return;
          // An input that is asked to end lets go of what it holds.
          if (spent()) await through?.idle();
        }
      } finally {
        await settle();
        await through?.idle();
        if (through) stretch.through = through.sum;
      }
    };

    /** An earlier attempt ended the listing; this one cannot know that it also emptied the queue, and drains it again. */
    const reopenQueue = async (ending: PageDoc) => {
      await store.pages.deleteOne({ _id: ending._id });
      stretch.next = ending.cursor;
      atStart = ending.seq === 0;
    };

    const inlineNormalizationOf = (
      acknowledge: (page: FetchedPage) => Promise<void>,
      signal: AbortSignal,
      onFault: (error: unknown) => void,
    ) =>
      new InlineNormalization(
        (from) => normalizer.normalize({ run, source, from, follow: false, pages: run, attempt }, signal, () => {}),
        acknowledge,
        onFault,
      );

    return withHeartbeat(
      () => tries,
      async () => {
        try {
          await notifyRetried();
          await walk();
          const { from, to, rows, bytes, next, total, through } = stretch;
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
              'PageBatch fetched',
            );
          return stretch;
        } catch (error) {
          if (error instanceof Failure) {
            // A page that ends the thread is no fault of the vendor's: it is set aside after its own number of deaths.
            if (!(error instanceof ThreadEnded)) {
              if (tries.count === 0) tries.since = Date.now();
              tries.count += 1;
            }
            counts.failures.inc({ source, kind: error.kind });
            counts.waits.inc({ source }, (error.details.retryAfterMs ?? 0) / 1000);
          }
          const waitMs = error instanceof Failure ? error.details.retryAfterMs : undefined;
          throw from(await orPark(toApplicationFailure(error, tries, config.patienceMs)), error, {
            page: stretch.to,
            ...(tries.count > 0 ? { tries: tries.count } : {}),
            ...(waitMs === undefined ? {} : { waitMs }),
          });
        }
      },
    );
  };
}

/** Two attempts read one queue: the messages of this one's page are stored nowhere, and come again. */
const takenOver = (source: string, seq: number) =>
  new Failure('server-unavailable', `Another attempt has stored page ${seq} of ${source}: its messages come again`, {
    source,
    remedy: 'None is needed: the next attempt goes on after that page',
  });
