import { Failure } from '../../model/failure.js';
import type { Cursor, FetchOptions, FetchedPage } from '../../model/source.js';
import type { ParsedPage } from './envelope.js';
import { InFlightRequests } from './in-flight.js';
import type { Paging } from './paging/paging.js';

/** A fetched page whose next position is not known yet. `parsed` is missing if the response was the declared end of data. */
export interface Fetched {
  page: Omit<FetchedPage, 'cursor' | 'next'>;
  parsed?: ParsedPage & { rows: number };
}

/**
 * A page over the byte cap that is requested again in smaller pages. The first smaller page keeps the cursor of the large
 * one.
 */
interface Shrunk<Position> {
  cursor: Position;
  warning: string;
}

/** Maximum bytes in flight for read-ahead. Large pages use the connection fully without read-ahead. */
const BYTES_AHEAD = 16 * 1024 * 1024;

const key = (position: Cursor | undefined) => JSON.stringify(position);

/**
 * Reads a listing in order with up to `paging.concurrency` pages in flight, and sends the next request while the caller
 * stores a page. Aborts a read-ahead request if the listing continues at another position. Throws the errors of `fetch`,
 * and `Failure('listing-loops')` if a page or a position repeats.
 */
export class Paginator<Position extends Cursor> {
  readonly #requests: InFlightRequests<Position, Fetched>;
  readonly #seen = new Set<string>();
  /** Digests of all pages with records: with several pages in flight a faulty vendor may repeat any of them. */
  readonly #digests = new Set<string>();
  /** Position of the next request; `null` if it depends on a page in flight. */
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
    this.#requests = new InFlightRequests(fetch);
    this.#ahead = from;
    this.#seen.add(key(from));
  }

  async *pages(): AsyncGenerator<FetchedPage> {
    const { signal } = this.options;
    const cancel = () => this.#requests.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    let timer: NodeJS.Immediate | undefined;
    try {
      for (;;) {
        signal.throwIfAborted();
        this.#sendAhead();
        if (this.#fault) throw this.#fault.error;
        const position = this.#requests.first;
        if (!position) return;
        const fetched = await this.#awaitPage(position);
        if (!fetched) continue;
        const { next, loop } = this.#step(position, fetched);
        const page = this.#complete(position, fetched, next);
        // Deferred, because the caller must receive this page before `more()` is called, and the request should run while
        // the caller stores the page.
        timer = setImmediate(() => this.#sendAhead());
        yield page;
        clearImmediate(timer);
        if (loop) throw loop;
        if (next === null) return;
      }
    } finally {
      // A caller that stops iterating skips the `clearImmediate` above.
      clearImmediate(timer);
      signal.removeEventListener('abort', cancel);
      this.#requests.abort();
    }
  }

  #sendAhead(): void {
    try {
      const size = this.#previous?.page.body.length ?? 0;
      while (this.#ahead && this.#requests.length < this.paging.concurrency) {
        if (this.#requests.length > 0 && (this.#requests.length + 1) * size > BYTES_AHEAD) return;
        if (this.options.signal.aborted || !this.options.more()) return;
        this.#requests.start(this.#ahead);
        this.#ahead = this.paging.ahead?.(this.#ahead) ?? null;
      }
    } catch (error) {
      // An error thrown in a timer would end the process.
      this.#fault = { error };
    }
  }

  /**
   * Awaits the first page, and requests it once more if it repeats an earlier page. Returns `undefined` if the page has to
   * be requested again in smaller pages.
   */
  async #awaitPage(position: Position): Promise<Fetched | undefined> {
    try {
      let fetched = await this.#requests.awaitFirst();
      if (this.#repeats(fetched)) fetched = await this.#requests.refetch(position);
      if (this.#repeats(fetched)) throw new Failure('listing-loops', 'The vendor returned the same page again');
      if (fetched.parsed && fetched.page.rows > 0) this.#digests.add(fetched.page.digest);
      this.#previous = fetched;
      return fetched;
    } catch (error) {
      const smaller = this.paging.smaller?.(position) ?? null;
      if (!(error instanceof Failure) || error.kind !== 'response-too-large' || !smaller) throw error;
      this.#requests.abort();
      this.#shrunk = {
        cursor: this.#shrunk?.cursor ?? position,
        warning: `${error.message}: requested again in smaller pages`,
      };
      this.#ahead = smaller;
      return undefined;
    }
  }

  #repeats({ page, parsed }: Fetched): boolean {
    return parsed !== undefined && page.rows > 0 && this.#digests.has(page.digest);
  }

  /**
   * Determines the next position. If a page leads to a known position, `pages` still yields that page, with its own cursor
   * as `next`, and then throws `loop`.
   */
  #step(position: Position, { parsed }: Fetched): { next: Position | null; loop?: Failure } {
    let next: Position | null;
    try {
      next = parsed ? this.paging.next(position, parsed) : (this.paging.afterEnd?.(position) ?? null);
      if (next && this.#seen.has(key(next))) {
        throw new Failure('listing-loops', 'The listing leads back to a page that was already fetched');
      }
    } catch (error) {
      // Only a loop is final: after any other failure the page is requested again.
      if (!(error instanceof Failure) || error.kind !== 'listing-loops') throw error;
      this.#requests.abort();
      this.#ahead = null;
      return { next: position, loop: error };
    }
    if (next) this.#seen.add(key(next));
    if (this.#requests.length > 0 && key(this.#requests.first) !== key(next ?? undefined)) this.#requests.abort();
    if (this.#requests.length === 0) this.#ahead = next;
    return { next };
  }

  #complete(position: Position, { page, parsed }: Fetched, next: Position | null): FetchedPage {
    const shrunk = this.#shrunk;
    this.#shrunk = undefined;
    const own = parsed && this.paging.warning?.(position, parsed);
    const doubt = parsed && this.paging.doubt?.(position, parsed, next);
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
