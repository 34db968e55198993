import type { ClientSession } from 'mongodb';
import type { Store } from '../../store/database.js';
import { inTransaction } from '../../store/collections/bodies.js';
import { fenceLease } from '../../store/collections/leases.js';
import { LEASE_TTL_MS, withMergeLeases } from '../../merge/leases.js';

const RESOLVE = { dirty: true, unresolved: true } as const;

/**
 * Removes records, and takes them out of their hosts, in one transaction in which nobody merges. Hands to the merge whatever
 * hung together with them: the other records of their hosts, records that somebody decided on together with them, and of each
 * of their keys one holder, which has the key among its `prior_keys` from then on. So merging finds out anew what the key is
 * worth and how large the component is, as it does when a record loses a key.
 */
export async function removeRecords(store: Store, ids: readonly string[], holder: string): Promise<void> {
  await withMergeLeases(store, holder, (leases) =>
    inTransaction(store, async (session) => {
      for (const lease of leases) await fenceLease(store, lease, LEASE_TTL_MS, session);
      await takeOutOfHosts(store, session, ids);
      await takeOutOfDecisions(store, session, ids);
      await takeKeysAway(store, session, ids);
      await store.records.deleteMany({ _id: { $in: [...ids] } }, { session });
    }),
  );
}

async function takeOutOfHosts(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
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
  // Former ids of a host that is gone lead nowhere, nor do those that led to them.
  for (let to = gone; to.length > 0;) {
    const former = await store.redirects.find({ to: { $in: to } }, { session }).toArray();
    await store.redirects.deleteMany({ $or: [{ _id: { $in: to } }, { to: { $in: to } }] }, { session });
    to = former.map(({ _id }) => _id);
  }
}

async function takeOutOfDecisions(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
  const about = { records: { $in: [...ids] } };
  const decisions = await store.decisions.find(about, { session }).toArray();
  if (decisions.length === 0) return;
  const partners = decisions.flatMap(({ records }) => [...records]);
  await store.records.updateMany({ _id: { $in: partners } }, { $set: RESOLVE }, { session });
  await store.decisions.deleteMany(about, { session });
}

async function takeKeysAway(store: Store, session: ClientSession, ids: readonly string[]): Promise<void> {
  const erased = await store.records
    .find({ _id: { $in: [...ids] } }, { session, projection: { keys: 1, prior_keys: 1 } })
    .toArray();
  const keys = new Set(erased.flatMap(({ keys: held, prior_keys: prior = [] }) => [...held, ...prior]));
  for (const key of keys) {
    const { matchedCount } = await store.records.updateOne(
      { keys: key, _id: { $nin: [...ids] } },
      { $set: RESOLVE, $addToSet: { prior_keys: key } },
      { session, hint: { keys: 1 } },
    );
    if (matchedCount === 0) await store.keyStates.deleteOne({ _id: key }, { session });
  }
}
