import type { ClientSession } from 'mongodb';
import type { Store } from '../database.js';

export interface Lease {
  id: string;
  epoch: number;
}

/** Another holder has taken over the lease: the former holder must not write any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Takes the lease when it is free, expired or owned by the same `holder`; `undefined` when another holder has it. */
export async function takeLease(store: Store, id: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
  const take = () =>
    store.leases.findOneAndUpdate(
      { _id: id, $or: [{ holder }, { $expr: { $lt: ['$expires_at', '$$NOW'] } }] },
      [{ $set: { holder, epoch: { $add: ['$epoch', 1] }, expires_at: { $add: ['$$NOW', ttlMs] } } }],
      { returnDocument: 'after' },
    );
  let taken = await take();
  if (!taken && !(await store.leases.findOne({ _id: id }))) {
    await store.leases
      .insertOne({ _id: id, holder: '', epoch: 0, expires_at: new Date(0) })
      .catch((error: { code?: number }) => {
        if (error.code !== 11000) throw error;
      });
    taken = await take();
  }
  return taken ? { id, epoch: taken.epoch } : undefined;
}

/**
 * Extends the lease, in the caller's transaction if there is one. Throws `LeaseLost` if it was taken over; the transaction must
 * abort.
 */
export async function fenceLease(store: Store, lease: Lease, ttlMs: number, session?: ClientSession): Promise<void> {
  const fenced = await store.leases.updateOne(
    { _id: lease.id, epoch: lease.epoch },
    [{ $set: { expires_at: { $add: ['$$NOW', ttlMs] } } }],
    session ? { session } : {},
  );
  if (fenced.matchedCount === 0) throw new LeaseLost(`Lease ${lease.id} epoch ${lease.epoch} was taken over`);
}

/** Releases the lease. Does nothing if another holder has it. */
export async function releaseLease(store: Store, lease: Lease): Promise<void> {
  const free = { $set: { expires_at: new Date(0), holder: '' } };
  await store.leases.updateOne({ _id: lease.id, epoch: lease.epoch }, free);
}
