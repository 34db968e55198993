import type { Store } from './database.js';

/** Counts of pages, and of the rows on them. */
export interface LedgerTail {
  pages: number;
  rows: number;
}

/**
 * Counts the pages, and their rows, of the source's latest listing from position `from`: the pages of the batch that is being
 * fetched.
 */
export async function ledgerTail(store: Store, source: string, from: number): Promise<LedgerTail> {
  const known = await store.sources.findOne({ _id: source }, { projection: { last_run: 1 } });
  if (!known?.last_run) return { pages: 0, rows: 0 };
  const [tail] = await store.pages
    .aggregate<LedgerTail>([
      { $match: { run: known.last_run, source, seq: { $gte: from } } },
      { $group: { _id: null, pages: { $sum: 1 }, rows: { $sum: '$rows' } } },
      { $project: { _id: 0 } },
    ])
    .toArray();
  return tail ?? { pages: 0, rows: 0 };
}
