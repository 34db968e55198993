import { Failure } from '../model/failure.js';
import type { Normalized } from '../normalize/normalize.js';
import type { FetchedPage } from '../model/source.js';

/** Pages that may wait to become records before fetching waits, too. */
const MOST_WAITING = 8;

/**
 * Takes the pages of a queue through to records while further ones are fetched, and only then lets the queue forget them:
 * whoever fetched a message is the one to delete it.
 */
export class InlineNormalization {
  #waiting: { page: FetchedPage; seq: number }[] = [];
  #working: Promise<void> | undefined;
  #fault: { error: unknown } | undefined;
  /** Pages before this position are records. */
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
    /** Called with the first error: no further page is acknowledged after it. */
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Hands a durable page over. Waits when too many are under way; throws what an earlier one failed with. */
  async push(page: FetchedPage, seq: number): Promise<void> {
    this.#waiting.push({ page, seq });
    this.#working ??= this.#work();
    while (this.#waiting.length > MOST_WAITING && !this.#fault) await this.#working;
    this.#check();
  }

  /** Resolves when all pages are records and acknowledged. */
  async idle(): Promise<void> {
    await this.#working;
    this.#check();
  }

  /** Pages of an earlier attempt: their messages come again and are recognised. */
  async catchUp(from: number, to: number): Promise<void> {
    this.#next = from;
    while (this.#next < to) await this.#normalize();
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const taken = this.#waiting.splice(0);
        // One call may already have read pages that were stored meanwhile.
        while (this.#next <= taken.at(-1)!.seq) await this.#normalize();
        await Promise.all(taken.map(({ page }) => this.acknowledge(page)));
      }
    } catch (error) {
      this.#fault = { error };
      this.onFault(error);
    } finally {
      this.#working = undefined;
    }
  }

  async #normalize(): Promise<void> {
    const normalized = await this.normalizeFrom(this.#next);
    // Told to stop, the normalizer comes back with nothing.
    if (normalized.next <= this.#next) throw new Failure('server-unavailable', 'Normalizing was interrupted');
    this.#next = normalized.next;
    for (const count of ['rows', 'new', 'changed', 'unchanged', 'quarantined'] as const)
      this.sum[count] += normalized[count];
  }

  #check(): void {
    if (this.#fault) throw this.#fault.error;
  }
}
