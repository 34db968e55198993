import type { ClientSession } from 'mongodb';
import type { Store } from './database.js';
import { placeId, type Rejected } from './collections/quarantine.js';
import { slicesOfIds } from './slices.js';

/**
 * Lets rows leave quarantine of which a page that was read whole tells otherwise now: those that were understood, by their own id
 * or at the place where they failed, and those that have an id by now. What a newer page said of them stays.
 */
export async function releaseNormalized(
  store: Store,
  page: { _id: string; fetched_at: Date },
  { understood, rejected }: { understood: readonly { _id: string; row: number }[]; rejected: readonly Rejected[] },
): Promise<void> {
  const place = (row: number) => placeId(page._id, row);
  // The first row's place is also that of the page as a whole.
  const ids = new Set([place(0), ...understood.flatMap(({ _id, row }) => [_id, place(row)])]);
  for (const { recordId, row } of rejected)
    if (recordId === undefined) ids.delete(place(row));
    else ids.add(place(row));
  await release(store, page, [...ids]);
}

/** A time that has not come yet: a clock was ahead. */
const NOT_YET = { $expr: { $gt: ['$last_at', { $add: ['$$NOW', 5_000] }] } };

/** Lets entries leave quarantine, but for those that came on a newer page than this one. */
export async function release(
  store: Store,
  page: { _id: string; fetched_at: Date },
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const notNewer = { $or: [{ page: page._id }, { last_at: { $lte: page.fetched_at } }, NOT_YET] };
  for (const some of slicesOfIds(ids)) await store.quarantine.deleteMany({ _id: { $in: [...some] }, ...notNewer });
}

/** Which rows of a page are in quarantine without an id. */
export async function rowsWaiting(store: Store, page: string): Promise<Set<number>> {
  const places = { $gte: `${page}#`, $lt: `${page}$` };
  const found = await store.quarantine.find({ _id: places }, { projection: { row: 1 } }).toArray();
  return new Set(found.map(({ row }) => row));
}

/** Lets rows without an id leave quarantine. */
export async function releaseRows(
  store: Store,
  rows: readonly { page: string; row: number }[],
  session?: ClientSession,
): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ page, row }) => placeId(page, row));
  for (const some of slicesOfIds(ids))
    await store.quarantine.deleteMany({ _id: { $in: [...some] } }, { ...(session && { session }) });
}
