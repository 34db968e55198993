import type { Store } from '../store/database.js';
import type { PageDoc } from '../store/documents/pages.js';

/**
 * A death is the end of a thread or process while it reads a page. A page with this many deaths is set aside: it is not
 * read again, and the listing continues.
 */
export const MOST_DEATHS = 3;

/** Reason of a page that was set aside. Stable, because users group by it. */
export const SET_ASIDE = 'reading this page ended the process three times';

export const isDeadly = ({ deaths = 0 }: Pick<PageDoc, 'deaths'>): boolean => deaths >= MOST_DEATHS;

/** Counts a death: an attempt ended while it read this page. */
export async function countDeath(store: Store, page: Pick<PageDoc, 'run' | 'source' | 'seq'>): Promise<void> {
  const { run, source, seq } = page;
  await store.pages.updateOne({ run, source, seq }, { $inc: { deaths: 1 } });
}

/** Removes the count, because an attempt has read the page. */
export async function clearDeaths(store: Store, page: Pick<PageDoc, '_id'>): Promise<void> {
  await store.pages.updateOne({ _id: page._id }, { $unset: { deaths: true } });
}

/**
 * Positions of the pages that a run set aside, both in its own ledger and in the ledgers of other runs that it read again.
 */
export async function pagesSetAside(store: Store, run: string, source: string): Promise<number[]> {
  const replayed = await store.quarantine
    .find({ source, reason: SET_ASIDE, run }, { projection: { page: 1 } })
    .toArray();
  const pages = await store.pages
    .find(
      { $or: [{ run, source, 'outcome.set_aside': true }, { _id: { $in: replayed.map(({ page }) => page) } }] },
      { projection: { seq: 1 } },
    )
    .sort({ seq: 1 })
    .toArray();
  return pages.map(({ seq }) => seq);
}
