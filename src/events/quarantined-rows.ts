import type { Store } from '../store/database.js';
import type { EventPosition } from '../store/documents/event-loads.js';
import type { PageDoc } from '../store/documents/pages.js';
import { removeRowEntries, quarantinedRowsOf } from '../store/release.js';
import type { ReadPage } from '../normalize/page.js';

/** Quarantined rows that can be read now. Their entries are removed when their events are stored. */
export class QuarantinedRows {
  readonly #rows = new Map<number, Set<number>>();

  constructor(private readonly store: Store) {}

  /** Adds the rows of a page that was read completely. */
  async add(page: PageDoc, { normalized, rejected }: ReadPage): Promise<void> {
    const rows = await quarantinedRowsOf(this.store, page._id);
    if (rows.size === 0) return;
    const present = new Set(normalized.map(({ row }) => row));
    for (const { row } of rejected) rows.delete(row);
    // An entry of the page as a whole has row 0, which is not a row of this page if its first line is blank.
    if (rows.has(0) && !present.has(0)) await removeRowEntries(this.store, [{ page: page._id, row: 0 }]);
    const loading = new Set([...rows].filter((row) => present.has(row)));
    if (loading.size > 0) this.#rows.set(page.seq, loading);
  }

  has({ page, row }: Pick<EventPosition, 'page' | 'row'>): boolean {
    return this.#rows.get(page)?.has(row) === true;
  }
}
