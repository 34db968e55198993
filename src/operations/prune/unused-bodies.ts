import { inTransaction, partId } from '../../store/collections/bodies.js';
import type { Store } from '../../store/database.js';
import type { Pruned } from './pruned.js';
import type { RawClaim } from '../../store/raw-claim.js';

/**
 * A body is stored before its page, and one that is known already is not stored again. So between a look for pages and the
 * body's removal a worker may find it there, and add a page that then has none. Therefore it is only marked here. A worker that
 * wants a marked body takes the mark away (`putBody`); one that looked before the mark has added its page long before the
 * mark is an hour old, and that page is seen when the body is looked at again, before it is removed.
 */

/** Digests among those of `pages` that no other page has. */
async function unusedOf(
  store: Store,
  sources: readonly string[],
  pages: readonly { _id?: string; digest: string }[],
): Promise<string[]> {
  const digests = [...new Set(pages.map(({ digest }) => digest))];
  const own = pages.flatMap(({ _id }) => _id ?? []);
  const others = await store.pages.distinct('digest', {
    // By name, so that the index serves it.
    source: { $in: [...sources] },
    digest: { $in: digests },
    ...(own.length > 0 ? { _id: { $nin: own } } : {}),
  });
  const used = new Set(others);
  return digests.filter((digest) => !used.has(digest));
}

/** Marks the bodies that only these pages have, at `now`; without it they are only counted. Returns how many there are. */
export async function markUnusedBodies(
  store: Store,
  sources: readonly string[],
  pages: readonly { _id?: string; digest: string }[],
  now: Date | undefined,
): Promise<number> {
  const first = (await unusedOf(store, sources, pages)).map((digest) => partId(digest, 0));
  const there = { _id: { $in: first }, doomed: { $exists: false } };
  if (!now) return store.bodies.countDocuments(there);
  return (await store.bodies.updateMany(there, { $set: { doomed: now } })).modifiedCount;
}

/** Removes bodies that were marked before `before` and still have no page, and takes the mark from the others. */
export async function removeMarkedBodies(
  store: Store,
  sources: readonly string[],
  before: Date,
  pruned: Pruned,
  spent: () => boolean,
  claim?: RawClaim,
): Promise<void> {
  const marked = store.bodies.find({ doomed: { $lt: before } }, { projection: { doomed: 1 } }).batchSize(100);
  for await (const { _id, doomed } of marked) {
    const digest = _id.slice(0, 64);
    if ((await unusedOf(store, sources, [{ digest }])).length === 0)
      await store.bodies.updateOne({ _id, doomed: doomed! }, { $unset: { doomed: true } });
    else {
      const bytes = await removeBody(store, digest, doomed!, claim);
      if (bytes === 0) continue; // somebody wants it
      pruned.bodies += 1;
      pruned.bytes += bytes;
    }
    if (spent()) return;
  }
}

/** All parts or none. Returns the bytes that it took; 0 when its mark is another one by now. */
function removeBody(store: Store, digest: string, doomed: Date, claim: RawClaim | undefined): Promise<number> {
  const parts = { _id: { $gte: partId(digest, 0), $lt: `${digest};` } };
  return inTransaction(store, async (session) => {
    await claim?.fence(session);
    const [sum] = await store.bodies
      .aggregate<{ bytes: number }>(
        [{ $match: parts }, { $group: { _id: null, bytes: { $sum: { $binarySize: '$bytes' } } } }],
        { session },
      )
      .toArray();
    const first = await store.bodies.deleteOne({ _id: partId(digest, 0), doomed }, { session });
    if (first.deletedCount === 0) return 0;
    await store.bodies.deleteMany(parts, { session });
    return sum?.bytes ?? 0;
  });
}
