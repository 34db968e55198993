import type { Filter } from 'mongodb';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { isTooOld, openSnapshot, type Snapshot } from '../store/snapshot.js';

/** Selects hosts. */
export interface HostsWanted {
  /** Includes hosts that no source lists any more. */
  retired?: boolean;
  /** Only hosts that this source lists; with `retired` also those that it listed before. */
  source?: string;
  /** Only hosts that were seen or changed at this time or later. */
  since?: Date;
}

const BATCH = 500;

function filterOf({ retired = false, source, since }: HostsWanted): Filter<HostDoc> {
  const listed = retired ? {} : { gone: { $exists: false } };
  return {
    ...(retired ? {} : { retired: { $exists: false } }),
    ...(source === undefined ? {} : { sources: { $elemMatch: { source, ...listed } } }),
    ...(since === undefined ? {} : { $or: [{ last_seen: { $gte: since } }, { updated_at: { $gte: since } }] }),
  };
}

/**
 * Reads hosts in the order of their ids, in batches, from one snapshot. If the consumer is slower than the server's snapshot
 * history, it calls `onLate` and reads the rest in its current state. It still returns each host once.
 */
export async function* goldenHosts(
  store: Store,
  wanted: HostsWanted = {},
  onLate: () => void = () => {},
): AsyncGenerator<HostDoc[]> {
  const filter = filterOf(wanted);
  const { session, readConcern } = openSnapshot(store);
  let snapshot: Snapshot | undefined = { session, readConcern };
  let after = '';
  try {
    for (;;) {
      try {
        // One query a batch, so that no cursor times out while the consumer works.
        const batch = await store.hosts
          .find({ $and: [{ _id: { $gt: after } }, filter] }, snapshot ?? {})
          .sort({ _id: 1 })
          .hint({ _id: 1 })
          .limit(BATCH)
          .batchSize(BATCH + 1)
          .toArray();
        if (batch.length > 0) yield batch;
        if (batch.length < BATCH) return;
        after = batch.at(-1)!._id;
      } catch (error) {
        if (!snapshot || !isTooOld(error)) throw error;
        snapshot = undefined;
        onLate();
      }
    }
  } finally {
    await session.endSession();
  }
}
