import { Failure } from '../model/failure.js';
import type { FetchedPage } from '../model/source.js';
import type { Store } from '../store/database.js';
import { pageId } from '../store/collections/pages.js';

/**
 * Number of repeats of a page under different cursors that counts as a loop. A single repeat may be the result of rows that
 * shifted during the listing.
 */
const MOST_REPEATS = 3;

/** Detects a listing that repeats itself or does not end. */
export class PaginationLoopDetector {
  #repeats = 0;

  constructor(
    private readonly store: Store,
    private readonly run: string,
    private readonly source: string,
    private readonly maxRecords: number,
  ) {}

  /** Counts this page if an earlier page of the listing had the same content under another cursor. */
  async countRepeat({ digest, cursor, rows }: FetchedPage): Promise<void> {
    if (rows === 0) return;
    const { run, source } = this;
    // A restarted listing returns the same pages again, so only pages since the last restart are compared.
    const beginning = { 'cursor.restarted': cursor['restarted'] ?? { $exists: false } };
    const elsewhere = { run, source, digest, _id: { $ne: pageId(run, source, cursor) }, ...beginning };
    if (await this.store.pages.findOne(elsewhere, { projection: { _id: 1 } })) this.#repeats += 1;
  }

  /**
   * Throws `Failure('listing-loops')`. `rows` is the number of rows since the listing last restarted, `total` the announced
   * number.
   */
  check(rows: number, total: number | undefined): void {
    if (this.#repeats >= MOST_REPEATS)
      throw this.#loops(`the same page was received ${this.#repeats + 1} times under different cursors`);
    if (rows > this.maxRecords) throw this.#loops(`it has more than ${this.maxRecords} records (ROLLCALL_MAX_RECORDS)`);
    if (total !== undefined && rows > 1.5 * total + 1_000)
      throw this.#loops(`it returned ${rows} records, but the vendor announced ${total}`);
  }

  #loops(how: string): Failure {
    const { source } = this;
    return new Failure('listing-loops', `The listing of ${source} does not end: ${how}`, {
      source,
      remedy:
        'The rows read so far are kept; check the API, or raise ROLLCALL_MAX_RECORDS when the listing really is that long',
    });
  }
}
