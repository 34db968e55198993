import { Failure } from '../model/failure.js';
import { CONFLICT, deliver, prepare } from '../events/deliver.js';
import { takeOutOfBand, type PendingEvent } from '../store/collections/deliveries.js';
import { originOf, putRejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { release } from '../store/release.js';
import { pendingEventOf, sortPendingEvents } from '../events/pending.js';
import type { Reading } from '../normalize/context.js';
import { fail, keepFailing, settled, type ReadAgain, type Retried } from './retry-page.js';
import { ExternalSort } from '../events/sort/index.js';

/** Rows of one run's pages on their way to be delivered. */
interface Open {
  source: string;
  run: string;
  sort: ExternalSort;
  /** The pages, by position. */
  pages: Map<number, RejectedOrigin>;
  /** What leaves quarantine when all is delivered, and was not put there again. */
  leaving: { page: ReadAgain['page']; ids: string[] }[];
}

/** Another delivery of the source may come in between so often. */
const TRIES = 5;

/**
 * Delivers events that were in quarantine after all that was delivered before: those of a run by their ids, each id once. One
 * whose id was delivered meanwhile with other content stays in quarantine.
 */
export class OrderedRetry {
  #open: Open | undefined;

  constructor(
    private readonly reading: Reading,
    private readonly sum: Retried,
  ) {}

  /** Pages of a run come together. */
  async take(again: ReadAgain): Promise<void> {
    const { store } = this.reading;
    const { source, page, read } = again;
    if (this.#open?.source !== source.name || this.#open.run !== page.run) {
      await this.finish();
      this.#open = this.#begin(source.name, page.run);
    }
    const { sort, pages, leaving } = this.#open;
    const origin = originOf(page);
    await sortPendingEvents(sort, page, read);
    await keepFailing(again, this.sum, (rejected) => putRejected(store, origin, rejected));
    pages.set(page.seq, origin);
    const ids = settled(again);
    // A row's place leaves with its delivery, in one transaction.
    const coming = new Set(read.understood.map(({ row }) => `${page._id}#${row}`));
    leaving.push({ page, ids: ids.filter((id) => !coming.has(id)) });
  }

  /** Delivers what was taken. */
  async finish(): Promise<void> {
    if (!this.#open) return;
    const { sort, leaving } = this.#open;
    for await (const batch of sort.sorted()) await this.#deliver(this.#open, batch.map(pendingEventOf));
    for (const { page, ids } of leaving) await release(this.reading.store, page, ids);
    await this.dispose();
  }

  async dispose(): Promise<void> {
    await this.#open?.sort.dispose();
    this.#open = undefined;
  }

  #begin(source: string, run: string): Open {
    return { source, run, sort: new ExternalSort(), pages: new Map(), leaving: [] };
  }

  async #deliver({ source, run, pages }: Open, arrivals: readonly PendingEvent[]): Promise<void> {
    const { store } = this.reading;
    const places = { run, originOf: (page: number) => pages.get(page)!, waits: () => true };
    for (let tries = 1; ; tries += 1) {
      try {
        const delivery = await takeOutOfBand(store, source);
        const prepared = await prepare(store, source, arrivals, delivery.largest);
        const { counts } = await deliver(store, delivery, prepared, places);
        this.sum.new += counts.new;
        this.sum.unchanged += counts.duplicates;
        if (counts.conflicts > 0) fail(this.sum, source, CONFLICT, counts.conflicts);
        return;
      } catch (error) {
        if (!(error instanceof Failure && error.kind === 'superseded') || tries === TRIES) throw error;
      }
    }
  }
}
