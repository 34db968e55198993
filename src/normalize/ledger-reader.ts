import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/database.js';
import { isListingEnded, pagesFrom } from '../store/collections/pages.js';
import type { PageDoc } from '../store/documents/pages.js';
import type { NormalizeInput } from './normalized.js';

/** Delay before the ledger is read again if it has no new page. The delay doubles up to `longest`. */
const POLL_MS = { first: 20, longest: 160 };
/** Ledger entries read at once. */
const AHEAD = 50;

/** Reads the ledger of a listing in order, also while pages are still added to it. */
export class LedgerReader {
  private seq: number;

  constructor(
    private readonly store: Store,
    private readonly listing: Pick<NormalizeInput, 'pages' | 'source' | 'from' | 'follow' | 'share'>,
    private readonly waitMs: number,
    private readonly signal: AbortSignal,
  ) {
    this.seq = listing.from;
  }

  /**
   * Returns the next pages of the share. With `follow`, it waits up to `waitMs` for them. `ended`: the listing has no further page
   * for the share. None without `ended`: no page came in time, or the signal was aborted.
   */
  async next(): Promise<{ pages: PageDoc[]; ended: boolean }> {
    const { pages: run, source, follow } = this.listing;
    let waitedMs = 0;
    for (let pollMs = POLL_MS.first; ; pollMs = Math.min(2 * pollMs, POLL_MS.longest)) {
      let pages = await this.read();
      const ended = pages.length === 0 && (!follow || (await isListingEnded(this.store, run, source)));
      // Pages may have been stored between the two reads.
      if (ended && follow) pages = await this.read();
      if (pages.length > 0) return { pages, ended: false };
      if (ended || waitedMs >= this.waitMs || this.signal.aborted) return { pages, ended };
      await sleep(pollMs);
      waitedMs += pollMs;
    }
  }

  private async read(): Promise<PageDoc[]> {
    const { pages: run, source, share } = this.listing;
    const pages = await pagesFrom(this.store, run, source, this.seq, AHEAD, share);
    this.seq = (pages.at(-1)?.seq ?? this.seq - 1) + 1;
    return pages;
  }
}
