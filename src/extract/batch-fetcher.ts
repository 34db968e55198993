import { setTimeout as sleep } from 'node:timers/promises';
import { datasetOf } from '../normalize/datasets/index.js';
import type { Config } from '../config.js';
import { Failure } from '../model/failure.js';
import { isRelisted, type AnySource, type Cursor, type FetchedPage, type Input } from '../model/source.js';
import { followMs, staleMs } from '../model/timings.js';
import type { KeyRing, KeyRingFile } from '../privacy/key-ring.js';
import type { Store } from '../store/database.js';
import { appendPage, type AppendedPage } from '../store/collections/pages.js';
import { positionsOf } from '../store/collections/sources.js';
import type { PageDoc } from '../store/documents/pages.js';
import { InlineNormalization } from './inline-normalization.js';
import type { FetchHooks, FetchInput, PageBatch } from './page-batch.js';
import { PaginationLoopDetector } from './pagination-loop.js';
import { RestartCounter } from './restarts.js';

/**
 * Limits of one batch, in addition to `batchRecords`. They are so large that an activity's overhead of 50 ms is small in
 * comparison, and so small that a repeated batch costs little.
 */
const BUDGET = { bytes: 512 * 1024 * 1024, ms: 60_000 };

/**
 * Fetches one batch of pages into the ledger: from the input's cursor until the budget is used or the listing ends. The cursor
 * advances only past pages that are stored, and a second attempt continues after the last page in the ledger, so no stored page is
 * fetched again.
 */
export class BatchFetcher {
  readonly batch: PageBatch;
  private readonly started = Date.now();
  private readonly relisted: boolean;
  private readonly sealed: boolean;
  private readonly loopDetector: PaginationLoopDetector;
  private readonly rowsBefore: RestartCounter;
  /** Only for a queue. */
  private inline: InlineNormalization | undefined;
  /** The batch starts at the beginning of the listing. */
  private atStart: boolean;
  /** One page is written while the next one is fetched. */
  private writing: { page: FetchedPage; appended: Promise<AppendedPage> } | undefined;

  constructor(
    private readonly services: { store: Store; keys: KeyRingFile; config: Config },
    private readonly source: AnySource,
    private readonly reader: Input,
    private readonly input: FetchInput,
    private readonly hooks: FetchHooks,
  ) {
    const { run, seq, cursor } = input;
    const { store, config } = services;
    this.batch = { from: seq, to: seq, rows: 0, bytes: 0, next: cursor, warnings: [] };
    this.atStart = seq === 0 && cursor === null;
    // Loop detection does not apply to growing files and queues, which may be long and may repeat rows.
    this.relisted = isRelisted(source);
    this.sealed = datasetOf(source).personal.length > 0;
    this.loopDetector = new PaginationLoopDetector(store, run, source.name, config.maxRecords);
    this.rowsBefore = new RestartCounter(store, run, source.name);
  }

  /** Throws `Failure`; `batch` then describes the stored pages. */
  async fetch(): Promise<PageBatch> {
    const { batch } = this;
    // Load the keys before the first request: a message that is received but cannot be stored counts towards its
    // dead-letter queue.
    this.sealingKeys();
    await this.skipStored();
    // The input of a queue waits for acknowledgements. Aborting the signal notifies the input that no more acknowledgements
    // follow.
    const normalizationFailed = new AbortController();
    const signal = AbortSignal.any([this.hooks.signal, normalizationFailed.signal]);
    this.inline = this.inlineNormalization(signal, (error) => normalizationFailed.abort(error));
    await this.inline?.catchUp(this.input.seq, batch.to);
    if (batch.next === null && !this.atStart) return batch;
    try {
      await this.fetchUntilSpent(signal);
    } finally {
      await this.awaitWrite();
      await this.inline?.idle();
      if (this.inline) batch.inline = this.inline.sum;
    }
    return batch;
  }

  private sealingKeys(): KeyRing | undefined {
    return this.sealed ? this.services.keys.keys() : undefined;
  }

  /** Advances past the pages that an earlier attempt stored. */
  private async skipStored(): Promise<void> {
    const { run, source, seq } = this.input;
    const stored = this.services.store.pages.find({ run, source, seq: { $gte: seq } }).sort({ seq: 1 });
    for await (const page of stored) {
      const endsQueue = this.reader.acknowledge && page.next === null && page.rows === 0;
      if (endsQueue) await this.reopenQueue(page);
      else this.advance(page);
    }
  }

  /**
   * Reopens a listing that an earlier attempt ended. That attempt may not have emptied the queue, so this attempt drains
   * the queue again.
   */
  private async reopenQueue(lastPage: PageDoc): Promise<void> {
    await this.services.store.pages.deleteOne({ _id: lastPage._id });
    this.batch.next = lastPage.cursor;
    this.atStart = lastPage.seq === 0;
  }

  private inlineNormalization(signal: AbortSignal, onError: (error: unknown) => void): InlineNormalization | undefined {
    const acknowledge = this.reader.acknowledge?.bind(this.reader);
    return acknowledge && new InlineNormalization((seq) => this.hooks.normalizeFrom(seq, signal), acknowledge, onError);
  }

  private async fetchUntilSpent(signal: AbortSignal): Promise<void> {
    const { batch } = this;
    const { follow = false } = this.input;
    const positions = this.positions();
    positions.catch(() => {}); // the input gets the error when it awaits the positions
    const options = { signal, more: () => !this.isSpent(), follow, positions: () => positions };
    let seq = batch.to;
    for await (const page of this.reader.pages(this.atStart ? null : batch.next, options)) {
      for (const warning of page.warnings ?? []) if (!batch.warnings.includes(warning)) batch.warnings.push(warning);
      if (!(await this.awaitWrite())) return;
      this.writing = { page, appended: this.storePage(page, seq) };
      this.writing.appended.catch(() => {}); // awaitWrite() throws it
      seq += 1;
      // The input of a queue or of a followed file may wait long for the next page, and a queue also waits for
      // acknowledgements.
      if ((this.inline || follow) && !(await this.awaitWrite())) return;
      // The input of a queue ends once all its pages are acknowledged.
      if (this.isSpent()) await this.inline?.idle();
    }
  }

  private positions(): Promise<ReadonlyMap<string, Cursor>> {
    const { run, source } = this.input;
    return this.source.listing === 'append'
      ? positionsOf(this.services.store, run, source)
      : Promise.resolve(new Map<string, Cursor>());
  }

  private isSpent(): boolean {
    const { rows, bytes } = this.batch;
    return (
      (this.relisted && rows >= this.services.config.batchRecords) ||
      bytes >= BUDGET.bytes ||
      Date.now() - this.started >= this.budgetMs()
    );
  }

  private budgetMs(): number {
    if (!this.input.follow) return BUDGET.ms;
    // While following, batches are short, so that records become visible soon and signals take effect soon.
    const { something, nothing } = followMs(this.services.config.timings);
    return this.batch.rows > 0 && !this.reader.acknowledge ? something : nothing;
  }

  private async storePage(page: FetchedPage, seq: number): Promise<AppendedPage> {
    const { run, source } = this.input;
    const { store } = this.services;
    if (this.relisted) await this.loopDetector.countRepeat(page);
    // Pages are ordered by the database's time, because the clocks of workers may differ.
    const stamped = { ...page, fetchedAt: await store.clock.now() };
    return appendPage(store, run, source, seq, stamped, this.sealingKeys());
  }

  /** Waits for the write in progress. Returns `false` if a late attempt has stored another next cursor for this page. */
  private async awaitWrite(): Promise<boolean> {
    if (!this.writing) return true;
    const { page, appended } = this.writing;
    this.writing = undefined;
    const { page: stored, isNew } = await appended;
    // In a listing that repeats a cursor, the stored page has an earlier position.
    const otherAttempt = !isNew && stored.seq === this.batch.to;
    this.advance(stored);
    if (isNew) this.hooks.onStored(stored);
    if (otherAttempt && !this.inline) await this.outlastStaleAttempt();
    if (this.relisted) {
      const rows = this.input.rows + this.batch.rows - (await this.rowsBefore.rows(stored.cursor));
      this.loopDetector.check(rows, this.batch.total);
    }
    if (this.inline) {
      if (stored.digest !== page.digest) throw supersededPage(this.source.name, stored.seq);
      await this.inline.push(page, stored.seq);
    }
    return JSON.stringify(stored.next) === JSON.stringify(page.next);
  }

  /**
   * Another attempt fetches the same pages: a worker was stopped for longer than the heartbeat time-out, and runs again. In
   * this time Temporal cancels the attempt that is over. Until then this attempt requests no more pages.
   */
  private async outlastStaleAttempt(): Promise<void> {
    await sleep(staleMs(this.services.config.timings), undefined, { signal: this.hooks.signal });
  }

  private advance(page: PageDoc): void {
    const { batch } = this;
    batch.to += 1;
    batch.rows += page.rows;
    batch.bytes += page.bytes;
    batch.next = page.next;
    if (page.total !== undefined) batch.total = page.total;
    this.atStart = false;
  }
}

/** Two attempts read one queue. The messages of this attempt were not stored, so the queue delivers them again. */
const supersededPage = (source: string, seq: number) =>
  new Failure(
    'server-unavailable',
    `Another attempt has stored page ${seq} of ${source}: the queue delivers the messages of this attempt again`,
    {
      source,
      remedy: 'No action is needed: the next attempt continues after that page',
    },
  );
