import type { ClientSession } from 'mongodb';
import type { Store } from './database.js';
import { rowId, type Rejected } from './collections/quarantine.js';
import { slicesOfIds } from './slices.js';

/**
 * Removes obsolete entries from quarantine after a whole page was read: the entries of rows that were normalized (found by
 * record id, or by page and row), and entries without a record id whose row has an id now. Entries from a newer page stay.
 */
export async function leaveQuarantineNormalized(
  store: Store,
  page: { _id: string; fetched_at: Date },
  { normalized, rejected }: { normalized: readonly { _id: string; row: number }[]; rejected: readonly Rejected[] },
): Promise<void> {
  const idOf = (row: number) => rowId(page._id, row);
  // The entry id of row 0 is also the entry id of a whole page.
  const ids = new Set([idOf(0), ...normalized.flatMap(({ _id, row }) => [_id, idOf(row)])]);
  for (const { recordId, row } of rejected)
    if (recordId === undefined) ids.delete(idOf(row));
    else ids.add(idOf(row));
  await leaveQuarantine(store, page, [...ids]);
}

/** Matches entries whose time is in the future, because the clock of the machine that stored them was ahead. */
const IN_FUTURE = { $expr: { $gt: ['$last_at', { $add: ['$$NOW', 5_000] }] } };

/** Removes entries from quarantine, except entries from a page that is newer than `page`. */
export async function leaveQuarantine(
  store: Store,
  page: { _id: string; fetched_at: Date },
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const notNewer = { $or: [{ page: page._id }, { last_at: { $lte: page.fetched_at } }, IN_FUTURE] };
  for (const some of slicesOfIds(ids)) await store.quarantine.deleteMany({ _id: { $in: [...some] }, ...notNewer });
}

/** Row numbers of a page's quarantine entries that have no record id. */
export async function quarantinedRowsOf(store: Store, page: string): Promise<Set<number>> {
  const ids = { $gte: `${page}#`, $lt: `${page}$` };
  const found = await store.quarantine.find({ _id: ids }, { projection: { row: 1 } }).toArray();
  return new Set(found.map(({ row }) => row));
}

/** Removes the quarantine entries of rows that have no record id. */
export async function removeRowEntries(
  store: Store,
  rows: readonly { page: string; row: number }[],
  session?: ClientSession,
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ page, row }) => rowId(page, row));
  for (const some of slicesOfIds(ids))
    await store.quarantine.deleteMany({ _id: { $in: [...some] } }, { ...(session && { session }) });
}
