import type { ClientSession } from 'mongodb';
import type { Store } from './database.js';
import { placeId, type Rejected } from './collections/quarantine.js';
import { slicesOfIds } from './slices.js';

/**
 * Removes entries from quarantine that a page which was read whole makes obsolete: rows that were normalized, by their id or by
 * the row where they failed, and entries without an id whose row has an id now. Entries from a newer page stay.
 */
export async function leaveQuarantineNormalized(
  store: Store,
  page: { _id: string; fetched_at: Date },
  { understood, rejected }: { understood: readonly { _id: string; row: number }[]; rejected: readonly Rejected[] },
): Promise<void> {
  const idOf = (row: number) => placeId(page._id, row);
  // The id for row 0 is also that of the page as a whole.
  const ids = new Set([idOf(0), ...understood.flatMap(({ _id, row }) => [_id, idOf(row)])]);
  for (const { recordId, row } of rejected)
    if (recordId === undefined) ids.delete(idOf(row));
    else ids.add(idOf(row));
  await leaveQuarantine(store, page, [...ids]);
}

/** The entry's time is in the future, because a clock was ahead. */
const IN_FUTURE = { $expr: { $gt: ['$last_at', { $add: ['$$NOW', 5_000] }] } };

/** Removes entries from quarantine, except those from a newer page than this one. */
export async function leaveQuarantine(
  store: Store,
  page: { _id: string; fetched_at: Date },
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const notNewer = { $or: [{ page: page._id }, { last_at: { $lte: page.fetched_at } }, IN_FUTURE] };
  for (const some of slicesOfIds(ids)) await store.quarantine.deleteMany({ _id: { $in: [...some] }, ...notNewer });
}

/** Rows of a page that are in quarantine without an id. */
export async function quarantinedRowsOf(store: Store, page: string): Promise<Set<number>> {
  const ids = { $gte: `${page}#`, $lt: `${page}$` };
  const found = await store.quarantine.find({ _id: ids }, { projection: { row: 1 } }).toArray();
  return new Set(found.map(({ row }) => row));
}

/** Removes entries of rows without an id from quarantine. */
export async function removeRowEntries(
  store: Store,
  rows: readonly { page: string; row: number }[],
  session?: ClientSession,
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ page, row }) => placeId(page, row));
  for (const some of slicesOfIds(ids))
    await store.quarantine.deleteMany({ _id: { $in: [...some] } }, { ...(session && { session }) });
}
