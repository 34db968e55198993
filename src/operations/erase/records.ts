import type { ClientSession } from 'mongodb';
import type { Store } from '../../store/database.js';
import { buildKeyIndex } from '../../store/key-index.js';
import { inTransaction } from '../../store/transaction.js';
import { fenceLease } from '../../store/collections/leases.js';
import { LEASE_TTL_MS, withMergeLeases } from '../../merge/leases.js';

const RESOLVE = { dirty: true, unresolved: true } as const;

/**
 * Removes records, and takes them out of their hosts, in one transaction without concurrent merges. Marks these records for the
 * merge:
 *
 * - the other records of their hosts
 * - records that a user's decision links to a removed record
 * - for each key of a removed record, one other record that has the key. This record gets the key in its `prior_keys`, so that
 *   the merge computes the state of the key and the size of the component again, as it does when a record loses a key
 */
export async function removeRecords(store: Store, ids: readonly string[], holder: string): Promise<void> {
  await buildKeyIndex(store);
  await withMergeLeases(store, holder, (leases) =>
    inTransaction(store, async (session) => {
      for (const lease of leases) await fenceLease(store, lease, LEASE_TTL_MS, session);
      // A part that is being merged has read the records: its transaction conflicts with this write, and reads them again.
      await store.mergeParts.updateMany({}, { $inc: { fence: 1 } }, { session });
      await removeFromHosts(store, session, ids);
      await removeDecisions(store, session, ids);
      await removeKeys(store, session, ids);
      await store.records.deleteMany({ _id: { $in: [...ids] } }, { session });
    }),
  );
}

async function removeFromHosts(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
  const own = new Set(ids);
  const holding = { 'sources.record': { $in: [...ids] } };
  const hosts = await store.hosts.find(holding, { session, projection: { 'sources.record': 1 } }).toArray();
  const gone: string[] = [];
  const left: string[] = [];
  for (const { _id, sources } of hosts) {
    const others = sources.map(({ record }) => record).filter((record) => !own.has(record));
    if (others.length === 0) gone.push(_id);
    left.push(...others);
  }
  await store.hosts.deleteMany({ _id: { $in: gone } }, { session });
  await store.hosts.updateMany(holding, { $pull: { sources: { record: { $in: [...ids] } } } }, { session });
  await store.records.updateMany({ _id: { $in: left } }, { $set: RESOLVE }, { session });
  // Removes redirects to a removed host, and redirects to these redirects.
  for (let to = gone; to.length > 0;) {
    const former = await store.redirects.find({ to: { $in: to } }, { session }).toArray();
    await store.redirects.deleteMany({ $or: [{ _id: { $in: to } }, { to: { $in: to } }] }, { session });
    to = former.map(({ _id }) => _id);
  }
}

async function removeDecisions(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
  const about = { records: { $in: [...ids] } };
  const decisions = await store.decisions.find(about, { session }).toArray();
  if (decisions.length === 0) return;
  const partners = decisions.flatMap(({ records }) => [...records]);
  await store.records.updateMany({ _id: { $in: partners } }, { $set: RESOLVE }, { session });
  await store.decisions.deleteMany(about, { session });
}

async function removeKeys(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
  const erased = await store.records
    .find({ _id: { $in: [...ids] } }, { session, projection: { keys: 1, prior_keys: 1 } })
    .toArray();
  const keys = new Set(erased.flatMap(({ keys: own, prior_keys: prior = [] }) => [...own, ...prior]));
  for (const key of keys) {
    const { matchedCount } = await store.records.updateOne(
      { keys: key, _id: { $nin: [...ids] } },
      { $set: RESOLVE, $addToSet: { prior_keys: key } },
      { session, hint: { keys: 1 } },
    );
    if (matchedCount === 0) await store.keyStates.deleteOne({ _id: key }, { session });
  }
}
