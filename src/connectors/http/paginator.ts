import { Failure } from '../../model/failure.js';
import type { Cursor, FetchOptions, FetchedPage } from '../../model/source.js';
import type { Reading } from './envelope.js';
import { Flights } from './in-flight.js';
import type { Paging } from './paging/paging.js';

/** A page before it is known where the listing goes on. `reading` is missing when the answer was the declared end of data. */
export interface Fetched {
  page: Omit<FetchedPage, 'cursor' | 'next'>;
  reading?: Reading & { rows: number };
}

/** A page that was over the byte cap and is now asked for in smaller ones: the first of them keeps its cursor. */
interface Shrunk<Position> {
  cursor: Position;
  warning: string;
}

/** Pages are asked for ahead until about this many bytes are in flight: large ones keep the line busy without it. */
const BYTES_AHEAD = 16 * 1024 * 1024;

const key = (position: Cursor | undefined) => JSON.stringify(position);

/**
 * Walks a listing in order with up to `paging.concurrency` pages in flight, and keeps the next request under way while
 * the caller stores a page. Pages that were asked for ahead and turn out not to follow are given up. Throws what `fetch`
 * throws, and `Failure('listing-loops')` when a page or a position comes a second time.
 */
export class Walk<Position extends Cursor> {
  readonly #flights: Flights<Position, Fetched>;
  readonly #seen = new Set<string>();
  /** Of the pages with records so far: with several in flight a vendor's mistake may repeat any of them. */
  readonly #digests = new Set<string>();
  /** Where the next request starts; `null` when that depends on a page under way. */
  #ahead: Position | null;
  #previous: Fetched | undefined;
  #shrunk: Shrunk<Position> | undefined;
  #fault: { error: unknown } | undefined;

  constructor(
    from: Position,
    private readonly options: FetchOptions,
    private readonly paging: Paging<Position>,
    fetch: (position: Position, signal: AbortSignal) => Promise<Fetched>,
  ) {
    this.#flights = new Flights(fetch);
    this.#ahead = from;
    this.#seen.add(key(from));
  }

  async *pages(): AsyncGenerator<FetchedPage> {
    const { signal } = this.options;
    const cancel = () => this.#flights.giveUp(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    let soon: NodeJS.Immediate | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        this.#launch();
        if (this.#fault) throw this.#fault.error;
        const position = this.#flights.first;
        if (!position) return;
        const fetched = await this.#land(position);
        if (!fetched) continue;
        const { next, loop } = this.#step(position, fetched);
        const page = this.#complete(position, fetched, next);
        // In a while, not now: `more()` is to be asked after the caller has seen this page, and the request is to be under
        // way while it stores it.
        soon = setImmediate(() => this.#launch());
        yield page;
        clearImmediate(soon);
        if (loop) throw loop;
        if (next === null) return;
      }
    } finally {
      // A caller that leaves at a page never comes back to the line after it.
      clearImmediate(soon);
      signal.removeEventListener('abort', cancel);
      this.#flights.giveUp();
    }
  }

  #launch(): void {
    try {
      const size = this.#previous?.page.body.length ?? 0;
      while (this.#ahead && this.#flights.length < this.paging.concurrency) {
        if (this.#flights.length > 0 && (this.#flights.length + 1) * size > BYTES_AHEAD) return;
        if (this.options.signal.aborted || !this.options.more()) return;
        this.#flights.start(this.#ahead);
        this.#ahead = this.paging.ahead?.(this.#ahead) ?? null;
      }
    } catch (error) {
      // Thrown from a timer it would end the process.
      this.#fault = { error };
    }
  }

  /** The first page under way; asked again once when it repeats an earlier one; `undefined` when smaller ones are to be asked for. */
  async #land(position: Position): Promise<Fetched | undefined> {
    try {
      let fetched = await this.#flights.land();
      if (this.#repeats(fetched)) fetched = await this.#flights.again(position);
      if (this.#repeats(fetched))
        throw new Failure('listing-loops', 'The listing serves the same page again and again');
      if (fetched.reading && fetched.page.rows > 0) this.#digests.add(fetched.page.digest);
      this.#previous = fetched;
      return fetched;
    } catch (error) {
      const smaller = this.paging.smaller?.(position) ?? null;
      if (!(error instanceof Failure) || error.kind !== 'response-too-large' || !smaller) throw error;
      this.#flights.giveUp();
      this.#shrunk = {
        cursor: this.#shrunk?.cursor ?? position,
        warning: `${error.message}: asked again in smaller pages`,
      };
      this.#ahead = smaller;
      return undefined;
    }
  }

  #repeats({ page, reading }: Fetched): boolean {
    return reading !== undefined && page.rows > 0 && this.#digests.has(page.digest);
  }

  /** Decides where to go on. A page that leads nowhere new is still given out before the failure, with its own cursor as the next. */
  #step(position: Position, { reading }: Fetched): { next: Position | null; loop?: Failure } {
    let next: Position | null;
    try {
      next = reading ? this.paging.next(position, reading) : (this.paging.afterEnd?.(position) ?? null);
      if (next && this.#seen.has(key(next))) {
        throw new Failure('listing-loops', 'The listing leads back to a page that was already fetched');
      }
    } catch (error) {
      // Only a loop is final: after any other failure the page is asked for again.
      if (!(error instanceof Failure) || error.kind !== 'listing-loops') throw error;
      this.#flights.giveUp();
      this.#ahead = null;
      return { next: position, loop: error };
    }
    if (next) this.#seen.add(key(next));
    if (this.#flights.length > 0 && key(this.#flights.first) !== key(next ?? undefined)) this.#flights.giveUp();
    if (this.#flights.length === 0) this.#ahead = next;
    return { next };
  }

  #complete(position: Position, { page, reading }: Fetched, next: Position | null): FetchedPage {
    const shrunk = this.#shrunk;
    this.#shrunk = undefined;
    const own = reading && this.paging.warning?.(position, reading);
    const doubt = reading && this.paging.doubt?.(position, reading, next);
    const warnings = [page.warnings ?? [], own ?? [], shrunk?.warning ?? []].flat();
    return {
      ...page,
      ...(warnings.length > 0 && { warnings }),
      ...(doubt && { doubts: [doubt] }),
      cursor: shrunk?.cursor ?? position,
      next,
    };
  }
}
