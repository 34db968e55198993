import type { Cursor } from '../model/source.js';
import type { Store } from '../store/database.js';

/** How often the listing had begun anew, in its run, when this cursor was made: its vendor had refused an earlier one. */
export const beginningOf = (cursor: Cursor): number => Number(cursor['restarted'] ?? 0);

/** Whether the listing begins anew at `cursor`, after a page at `previous`. */
export const beginsAnew = (cursor: Cursor, previous: Cursor): boolean => beginningOf(cursor) > beginningOf(previous);

/** What a run read of a listing before that last began anew. */
export class Beginnings {
  #known = { beginning: 0, rows: 0 };

  constructor(
    private readonly store: Store,
    private readonly run: string,
    private readonly source: string,
  ) {}

  /** Rows on the pages before the beginning that `cursor` belongs to. Read once for each. */
  async rows(cursor: Cursor): Promise<number> {
    const beginning = beginningOf(cursor);
    if (beginning !== this.#known.beginning) {
      const { run, source } = this;
      const earlier = { 'cursor.restarted': { $not: { $gte: beginning } } };
      const [sum] = await this.store.pages
        .aggregate<{
          rows: number;
        }>([{ $match: { run, source, ...earlier } }, { $group: { _id: null, rows: { $sum: '$rows' } } }])
        .toArray();
      this.#known = { beginning, rows: sum?.rows ?? 0 };
    }
    return this.#known.rows;
  }
}
