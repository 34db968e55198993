import { partId } from '../../store/collections/bodies.js';
import { inTransaction } from '../../store/transaction.js';
import type { Store } from '../../store/database.js';
import type { Pruned } from './pruned.js';
import type { RawLease } from '../../store/raw-lease.js';

/**
 * A worker stores a body before its page, and does not store a body that exists already. Removing an unused body in one step is
 * not safe: after the check for pages, a worker may find the body and add a page, and the removal would leave that page without
 * a body. Therefore one call only marks unused bodies, and a later call removes them. A worker that needs a marked body removes
 * the mark (`putBody`). A worker that found the body before it was marked adds its page long before the mark is an hour old.
 * The removal then finds this page, because it checks the body again.
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
  const unmarked = { _id: { $in: first }, pending_deletion: { $exists: false } };
  if (!now) return store.bodies.countDocuments(unmarked);
  return (await store.bodies.updateMany(unmarked, { $set: { pending_deletion: now } })).modifiedCount;
}

/** Removes bodies that were marked before `before` and still have no page, and removes the marks of the others. */
export async function removeMarkedBodies(
  store: Store,
  sources: readonly string[],
  before: Date,
  pruned: Pruned,
  spent: () => boolean,
  lease?: RawLease,
): Promise<void> {
  const marked = store.bodies
    .find({ pending_deletion: { $lt: before } }, { projection: { pending_deletion: 1 } })
    .batchSize(100);
  for await (const { _id, pending_deletion: since } of marked) {
    const digest = _id.slice(0, 64);
    if ((await unusedOf(store, sources, [{ digest }])).length === 0)
      await store.bodies.updateOne({ _id, pending_deletion: since! }, { $unset: { pending_deletion: true } });
    else {
      const bytes = await removeBody(store, digest, since!, lease);
      if (bytes === 0) continue; // a worker needs it again
      pruned.bodies += 1;
      pruned.bytes += bytes;
    }
    if (spent()) return;
  }
}

/** Removes all parts in one transaction. Returns their size; 0 when the mark has changed. */
function removeBody(store: Store, digest: string, since: Date, lease: RawLease | undefined): Promise<number> {
  const parts = { _id: { $gte: partId(digest, 0), $lt: `${digest};` } };
  return inTransaction(store, async (session) => {
    await lease?.fence(session);
    const [sum] = await store.bodies
      .aggregate<{ bytes: number }>(
        [{ $match: parts }, { $group: { _id: null, bytes: { $sum: { $binarySize: '$bytes' } } } }],
        { session },
      )
      .toArray();
    const first = await store.bodies.deleteOne({ _id: partId(digest, 0), pending_deletion: since }, { session });
    if (first.deletedCount === 0) return 0;
    await store.bodies.deleteMany(parts, { session });
    return sum?.bytes ?? 0;
  });
}
