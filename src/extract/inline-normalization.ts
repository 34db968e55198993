import { Failure } from '../model/failure.js';
import type { Normalized } from '../normalize/normalized.js';
import type { FetchedPage } from '../model/source.js';

/** Maximum pages that wait for normalization. Above this number, fetching waits too. */
const MAX_PENDING = 8;

/**
 * Normalizes the pages of a queue while further pages are fetched, and acknowledges a page only after it is normalized.
 * This runs in the fetch activity, because the worker that received a message has to delete it.
 */
export class InlineNormalization {
  #pending: { page: FetchedPage; seq: number }[] = [];
  #working: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  /** Sequence number of the first page that is not normalized. */
  #next = 0;
  readonly sum: Pick<Normalized, 'rows' | 'new' | 'changed' | 'unchanged' | 'quarantined'> = {
    rows: 0,
    new: 0,
    changed: 0,
    unchanged: 0,
    quarantined: 0,
  };

  constructor(
    private readonly normalizeFrom: (seq: number) => Promise<Normalized>,
    private readonly acknowledge: (page: FetchedPage) => Promise<void>,
    /** Called with the first error, after which no further page is acknowledged. */
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Adds a stored page. Waits if too many pages are pending; throws the error of an earlier page. */
  async push(page: FetchedPage, seq: number): Promise<void> {
    this.#pending.push({ page, seq });
    this.#working ??= this.#work();
    while (this.#pending.length > MAX_PENDING && !this.#failure) await this.#working;
    this.#throwFailure();
  }

  /** Resolves when all pages are normalized and acknowledged. */
  async idle(): Promise<void> {
    await this.#working;
    this.#throwFailure();
  }

  /** Normalizes the pages of an earlier attempt. The queue delivers their messages again, and the store recognises them. */
  async catchUp(from: number, to: number): Promise<void> {
    this.#next = from;
    while (this.#next < to) await this.#normalize();
  }

  async #work(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const taken = this.#pending.splice(0);
        // One call may also normalize pages that were stored in the meantime.
        while (this.#next <= taken.at(-1)!.seq) await this.#normalize();
        await Promise.all(taken.map(({ page }) => this.acknowledge(page)));
      }
    } catch (error) {
      this.#failure = { error };
      this.onFault(error);
    } finally {
      this.#working = undefined;
    }
  }

  async #normalize(): Promise<void> {
    const normalized = await this.normalizeFrom(this.#next);
    // A cancelled normalizer returns without progress.
    if (normalized.next <= this.#next) throw new Failure('server-unavailable', 'Normalizing was interrupted');
    this.#next = normalized.next;
    for (const count of ['rows', 'new', 'changed', 'unchanged', 'quarantined'] as const)
      this.sum[count] += normalized[count];
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
