import { Failure } from '../model/failure.js';
import { CONFLICT, storeBatch, prepare } from '../events/store-batch.js';
import { takeOutOfBand, type PendingEvent } from '../store/collections/event-loads.js';
import { originOf, putRejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { leaveQuarantine } from '../store/release.js';
import { pendingEventOf, sortPendingEvents } from '../events/pending.js';
import type { NormalizerContext } from '../normalize/context.js';
import { countFailing, keepRejected, resolvedEntries, type ReadAgain, type Retried } from './retry-page.js';
import { ExternalSort } from '../events/sort/index.js';

/** Rows of one run's pages that are collected for an ordered load. */
interface OpenLoad {
  source: string;
  run: string;
  sort: ExternalSort;
  /** The pages, by position. */
  pages: Map<number, RejectedOrigin>;
  /** Entries that are removed from quarantine after the load. */
  leaving: { page: ReadAgain['page']; ids: string[] }[];
}

/** Maximum attempts to store a batch. An attempt fails if another load of the source takes over. */
const ATTEMPTS = 5;

/**
 * Loads events from quarantine after all events that were loaded before. Loads the events of a run in the order of their
 * ids, each id once. An event stays in quarantine if an event with the same id and other content was loaded in the
 * meantime.
 */
export class OrderedRetry {
  #open: OpenLoad | undefined;

  constructor(
    private readonly context: NormalizerContext,
    private readonly sum: Retried,
  ) {}

  /** Adds rows that were read again. The caller passes the pages of a run one after the other. */
  async take(again: ReadAgain): Promise<void> {
    const { store } = this.context;
    const { source, page, read } = again;
    if (this.#open?.source !== source.name || this.#open.run !== page.run) {
      await this.finish();
      this.#open = this.#begin(source.name, page.run);
    }
    const { sort, pages, leaving } = this.#open;
    const origin = originOf(page);
    await sortPendingEvents(sort, page, read);
    await keepRejected(again, this.sum, (rejected) => putRejected(store, origin, rejected));
    pages.set(page.seq, origin);
    const ids = resolvedEntries(again);
    // Entries of rows that are loaded leave quarantine in the same transaction, so they are not in `leaving`.
    const loading = new Set(read.normalized.map(({ row }) => `${page._id}#${row}`));
    leaving.push({ page, ids: ids.filter((id) => !loading.has(id)) });
  }

  /** Loads the rows that were added. */
  async finish(): Promise<void> {
    if (!this.#open) return;
    const { sort, leaving } = this.#open;
    for await (const batch of sort.sorted()) await this.#storeBatch(this.#open, batch.map(pendingEventOf));
    for (const { page, ids } of leaving) await leaveQuarantine(this.context.store, page, ids);
    await this.dispose();
  }

  async dispose(): Promise<void> {
    await this.#open?.sort.dispose();
    this.#open = undefined;
  }

  #begin(source: string, run: string): OpenLoad {
    return { source, run, sort: new ExternalSort(), pages: new Map(), leaving: [] };
  }

  async #storeBatch({ source, run, pages }: OpenLoad, pending: readonly PendingEvent[]): Promise<void> {
    const { store } = this.context;
    const origin = { run, originOf: (page: number) => pages.get(page)!, isQuarantined: () => true };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const delivery = await takeOutOfBand(store, source);
        const prepared = await prepare(store, source, pending, delivery.largest);
        const { counts } = await storeBatch(store, delivery, prepared, origin);
        this.sum.new += counts.new;
        this.sum.unchanged += counts.duplicates;
        if (counts.conflicts > 0) countFailing(this.sum, source, CONFLICT, counts.conflicts);
        return;
      } catch (error) {
        if (!(error instanceof Failure && error.kind === 'superseded') || attempt === ATTEMPTS) throw error;
      }
    }
  }
}
