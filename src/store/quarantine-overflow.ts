import { number } from '../format/number.js';
import type { Store } from './database.js';

/** Number of rows of a source that could not be read and did not fit into quarantine. */
export interface Overflow {
  source: string;
  rows: number;
}

/** Message for users about rows that did not fit into quarantine. */
export const overflowWarning = (rows: number, most: number): string =>
  `${number(rows)} rows that could not be read are not kept: quarantine keeps at most ${number(most)} of a source (ROLLCALL_MAX_QUARANTINED)`;

/** Number of rows by source that did not fit into quarantine, as of the last time their pages were read. */
export function countOverflow(store: Store, source?: string): Promise<Overflow[]> {
  return store.pages
    .aggregate<Overflow>([
      { $match: { 'outcome.overflow': { $gt: 0 }, ...(source === undefined ? {} : { source }) } },
      { $group: { _id: '$source', rows: { $sum: '$outcome.overflow' } } },
      { $sort: { _id: 1 } },
      { $project: { _id: 0, source: '$_id', rows: 1 } },
    ])
    .toArray();
}

/** Sets these numbers to 0: for one source or all, and not for the pages of `exceptRun`. */
export async function resetOverflow(store: Store, source?: string, exceptRun?: string): Promise<void> {
  const of = {
    ...(source === undefined ? {} : { source }),
    ...(exceptRun === undefined ? {} : { run: { $ne: exceptRun } }),
  };
  await store.pages.updateMany({ 'outcome.overflow': { $gt: 0 }, ...of }, { $set: { 'outcome.overflow': 0 } });
}

/**
 * After a complete listing, removes the quarantine entries of earlier runs: this run could read their rows, or the source no
 * longer lists them.
 */
export async function leaveEarlier(store: Store, source: string, run: string): Promise<void> {
  await store.quarantine.deleteMany({ source, run: { $ne: run } });
  await resetOverflow(store, source, run);
}
