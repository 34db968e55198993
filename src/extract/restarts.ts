import type { Cursor } from '../model/source.js';
import type { Store } from '../store/database.js';

/**
 * Number of restarts of the listing in its run before this cursor was created. A listing restarts when its vendor rejects a
 * cursor.
 */
export const restartsBefore = (cursor: Cursor): number => Number(cursor['restarted'] ?? 0);

/** Whether the listing restarts at `cursor`, after a page at `previous`. */
export const restartsAt = (cursor: Cursor, previous: Cursor): boolean =>
  restartsBefore(cursor) > restartsBefore(previous);

/** Counts the rows of a run's listing before its last restart. */
export class RestartCounter {
  #known = { beginning: 0, rows: 0 };

  constructor(
    private readonly store: Store,
    private readonly run: string,
    private readonly source: string,
  ) {}

  /** Rows on the pages before the restart that `cursor` belongs to. Queried once per restart. */
  async rows(cursor: Cursor): Promise<number> {
    const beginning = restartsBefore(cursor);
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
