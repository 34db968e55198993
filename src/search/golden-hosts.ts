import type { Filter } from 'mongodb';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { isTooOld, openSnapshot, type Snapshot } from '../store/snapshot.js';

/** Which hosts. */
export interface HostsWanted {
  /** Also those that no source lists any more. */
  retired?: boolean;
  /** Those that this source lists; with `retired` also those that it has listed. */
  source?: string;
  /** Those that were seen, or have changed, at this time or later. */
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
 * Hosts in the order of their ids, in batches, all as they stood at one moment. Where the consumer takes longer than the server
 * remembers, the rest comes as it stands when it is read: still each host once, and `onLate` is told.
 */
export async function* goldenHosts(
  store: Store,
  wanted: HostsWanted = {},
  onLate: () => void = () => {},
): AsyncGenerator<HostDoc[]> {
  const filter = filterOf(wanted);
  const { session, readConcern } = openSnapshot(store);
  let moment: Snapshot | undefined = { session, readConcern };
  let after = '';
  try {
    for (;;) {
      try {
        // Batch by batch, so that none waits longer than a cursor lives.
        const batch = await store.hosts
          .find({ $and: [{ _id: { $gt: after } }, filter] }, moment ?? {})
          .sort({ _id: 1 })
          .hint({ _id: 1 })
          .limit(BATCH)
          .batchSize(BATCH + 1)
          .toArray();
        if (batch.length > 0) yield batch;
        if (batch.length < BATCH) return;
        after = batch.at(-1)!._id;
      } catch (error) {
        if (!moment || !isTooOld(error)) throw error;
        moment = undefined;
        onLate();
      }
    }
  } finally {
    await session.endSession();
  }
}
