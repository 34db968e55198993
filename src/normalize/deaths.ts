import type { Store } from '../store/database.js';
import type { PageDoc } from '../store/documents/pages.js';

/** A page on which this many attempts died is not read again: it is set aside, and the rest goes on. */
export const MOST_DEATHS = 3;

/** The reason of a page that was set aside: stable, to group by. */
export const SET_ASIDE = 'reading this page ended the process three times';

export const isDeadly = ({ deaths = 0 }: Pick<PageDoc, 'deaths'>): boolean => deaths >= MOST_DEATHS;

/** Counts an attempt that died while it read this page. */
export async function countDeath(store: Store, page: Pick<PageDoc, 'run' | 'source' | 'seq'>): Promise<void> {
  const { run, source, seq } = page;
  await store.pages.updateOne({ run, source, seq }, { $inc: { deaths: 1 } });
}

/** Takes one back: the attempt that was counted beforehand came through. */
export async function survive(store: Store, page: Pick<PageDoc, '_id'>): Promise<void> {
  await store.pages.updateOne({ _id: page._id }, { $unset: { deaths: true } });
}

/** The positions of pages that a run set aside: of its own ledger, and of those that it only read again. */
export async function pagesSetAside(store: Store, run: string, source: string): Promise<number[]> {
  const again = await store.quarantine.find({ source, reason: SET_ASIDE, run }, { projection: { page: 1 } }).toArray();
  const pages = await store.pages
    .find(
      { $or: [{ run, source, 'outcome.set_aside': true }, { _id: { $in: again.map(({ page }) => page) } }] },
      { projection: { seq: 1 } },
    )
    .sort({ seq: 1 })
    .toArray();
  return pages.map(({ seq }) => seq);
}
