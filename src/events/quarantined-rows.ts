import type { Store } from '../store/database.js';
import type { Place } from '../store/documents/deliveries.js';
import type { PageDoc } from '../store/documents/pages.js';
import { releaseRows, rowsWaiting } from '../store/release.js';
import type { ReadPage } from '../normalize/page.js';

/** Rows in quarantine that are understood now and on their way to be delivered: that is when they leave. */
export class Waiting {
  readonly #rows = new Map<number, Set<number>>();

  constructor(private readonly store: Store) {}

  /** Notes them for a page that was read whole. */
  async note(page: PageDoc, { understood, rejected }: ReadPage): Promise<void> {
    const rows = await rowsWaiting(this.store, page._id);
    if (rows.size === 0) return;
    const present = new Set(understood.map(({ row }) => row));
    for (const { row } of rejected) rows.delete(row);
    // The page as a whole, whose first line is blank.
    if (rows.has(0) && !present.has(0)) await releaseRows(this.store, [{ page: page._id, row: 0 }]);
    const coming = new Set([...rows].filter((row) => present.has(row)));
    if (coming.size > 0) this.#rows.set(page.seq, coming);
  }

  has({ page, row }: Pick<Place, 'page' | 'row'>): boolean {
    return this.#rows.get(page)?.has(row) === true;
  }
}
