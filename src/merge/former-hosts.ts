import { ObjectId, type ClientSession } from 'mongodb';
import { hostId } from '../host/identity/seed-record.js';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';

/**
 * Gives another id to stored hosts that have one of `ids`, which new hosts are about to get. Such a host had a record that was erased
 * and that its source lists again, and its other records still wait to be resolved. It gets the id of one of these records.
 */
export async function giveOtherIds(
  store: Store,
  session: ClientSession,
  ids: readonly string[],
  run: string,
): Promise<void> {
  if (ids.length === 0) return;
  const former = await store.hosts.find({ _id: { $in: [...ids] } }, { session }).toArray();
  for (const host of former) {
    await store.hosts.deleteOne({ _id: host._id }, { session });
    const id = await freeId(store, session, host);
    // Its records are marked, so the merge makes their host again.
    if (id === undefined) continue;
    await store.hosts.insertOne({ ...host, _id: id }, { session });
    const now = await store.clock.now();
    const renamed = { host: id, kind: 'renamed' as const, others: [host._id], at: now, run };
    await store.changes.insertOne({ _id: new ObjectId(), ...renamed }, { session });
  }
}

async function freeId(store: Store, session: ClientSession, { sources }: HostDoc): Promise<string | undefined> {
  const ids = sources.map(({ record }) => hostId(record));
  const taken = await store.hosts.distinct('_id', { _id: { $in: ids } }, { session });
  return ids.find((id) => !taken.includes(id));
}
