import type { Store } from './database.js';

/** Rows of a source that could not be read and did not fit into quarantine. */
export interface Unkept {
  source: string;
  rows: number;
}

/** Message for users about such rows. */
export const notKept = (rows: number, most: number): string =>
  `${rows.toLocaleString('en-US')} rows that could not be read are not kept: quarantine keeps at most ${most.toLocaleString('en-US')} of a source (ROLLCALL_MAX_QUARANTINED)`;

/** Number of such rows by source, as of the last time their pages were read. */
export function countUnkept(store: Store, source?: string): Promise<Unkept[]> {
  return store.pages
    .aggregate<Unkept>([
      { $match: { 'outcome.unkept': { $gt: 0 }, ...(source === undefined ? {} : { source }) } },
      { $group: { _id: '$source', rows: { $sum: '$outcome.unkept' } } },
      { $sort: { _id: 1 } },
      { $project: { _id: 0, source: '$_id', rows: 1 } },
    ])
    .toArray();
}

/** Resets the numbers. */
export async function forgetUnkept(store: Store, source?: string, exceptRun?: string): Promise<void> {
  const of = {
    ...(source === undefined ? {} : { source }),
    ...(exceptRun === undefined ? {} : { run: { $ne: exceptRun } }),
  };
  await store.pages.updateMany({ 'outcome.unkept': { $gt: 0 }, ...of }, { $set: { 'outcome.unkept': 0 } });
}

/**
 * After a complete listing, removes entries of earlier runs from quarantine: their rows could be read, or are no longer listed.
 */
export async function leaveEarlier(store: Store, source: string, run: string): Promise<void> {
  await store.quarantine.deleteMany({ source, run: { $ne: run } });
  await forgetUnkept(store, source, run);
}
