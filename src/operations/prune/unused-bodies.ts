import { inTransaction, partId } from '../../store/collections/bodies.js';
import type { Store } from '../../store/database.js';
import type { Pruned } from './pruned.js';
import type { RawClaim } from '../../store/raw-claim.js';

/**
 * A worker stores a body before its page, and does not store a body that exists. So between a check for pages and the removal of
 * the body, a worker may find the body and add a page that would then have none. Therefore a call only marks unused bodies, and a
 * later one removes them. A worker that needs a marked body removes the mark (`putBody`). A worker that checked before the mark
 * has added its page long before the mark is an hour old, and the page is found when the body is checked again before its
 * removal.
 */

/** Digests of `pages` that no other page has. */
async function unusedOf(
  store: Store,
  sources: readonly string[],
  pages: readonly { _id?: string; digest: string }[],
): Promise<string[]> {
  const digests = [...new Set(pages.map(({ digest }) => digest))];
  const own = pages.flatMap(({ _id }) => _id ?? []);
  const others = await store.pages.distinct('digest', {
    // With the sources' names, so that the index can be used.
    source: { $in: [...sources] },
    digest: { $in: digests },
    ...(own.length > 0 ? { _id: { $nin: own } } : {}),
  });
  const used = new Set(others);
  return digests.filter((digest) => !used.has(digest));
}

/** Marks the bodies that only `pages` have, with the time `now`; without `now` only counts them. Returns their number. */
export async function markUnusedBodies(
  store: Store,
  sources: readonly string[],
  pages: readonly { _id?: string; digest: string }[],
  now: Date | undefined,
): Promise<number> {
  const first = (await unusedOf(store, sources, pages)).map((digest) => partId(digest, 0));
  const unmarked = { _id: { $in: first }, doomed: { $exists: false } };
  if (!now) return store.bodies.countDocuments(unmarked);
  return (await store.bodies.updateMany(unmarked, { $set: { doomed: now } })).modifiedCount;
}

/** Removes bodies that were marked before `before` and still have no page, and removes the marks of the others. */
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
      if (bytes === 0) continue; // a worker needs it again
      pruned.bodies += 1;
      pruned.bytes += bytes;
    }
    if (spent()) return;
  }
}

/** Removes all parts in one transaction. Returns their size; 0 when the mark has changed. */
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
