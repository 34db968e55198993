import type { Store } from './database.js';

/** Rows of a source that were not understood, and that quarantine had no room for. */
export interface Unkept {
  source: string;
  rows: number;
}

/** What a user is told of them. */
export const notKept = (rows: number, most: number): string =>
  `${rows.toLocaleString('en-US')} rows that were not understood are not kept: quarantine holds ${most.toLocaleString('en-US')} of a source (ROLLCALL_MAX_QUARANTINED)`;

/** How many there are by source, as their pages were read last. */
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

/** Forgets that there were any. */
export async function forgetUnkept(store: Store, source?: string, exceptRun?: string): Promise<void> {
  const of = {
    ...(source === undefined ? {} : { source }),
    ...(exceptRun === undefined ? {} : { run: { $ne: exceptRun } }),
  };
  await store.pages.updateMany({ 'outcome.unkept': { $gt: 0 }, ...of }, { $set: { 'outcome.unkept': 0 } });
}

/** A complete listing tells all that is listed: what earlier runs left in quarantine was understood, or is listed no more. */
export async function leaveEarlier(store: Store, source: string, run: string): Promise<void> {
  await store.quarantine.deleteMany({ source, run: { $ne: run } });
  await forgetUnkept(store, source, run);
}
