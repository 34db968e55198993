import type { ClientSession, MongoServerError, ReadConcernLike } from 'mongodb';
import type { Store } from './database.js';

/**
 * Error codes: the server no longer has the snapshot's history. By default it keeps five minutes
 * (`minSnapshotHistoryWindowInSeconds`).
 */
const TOO_OLD = new Set([239, 246]);

export const isTooOld = (error: unknown): boolean => TOO_OLD.has(Number((error as MongoServerError | undefined)?.code));

/**
 * Options for reads in one snapshot: all reads with these options see the store as it was at the first of them. Pass both
 * fields, because the session alone has no effect.
 */
export interface Snapshot {
  session: ClientSession;
  readConcern: ReadConcernLike;
}

/**
 * The caller ends the snapshot with `session.endSession()`. When the snapshot is too old, reads fail with an error for which
 * `isTooOld` returns `true`.
 */
export function openSnapshot(store: Store): Snapshot {
  // Explicit, because the client's read concern would silently take precedence over the session's.
  return { session: store.client.startSession({ snapshot: true }), readConcern: { level: 'snapshot' } };
}

/**
 * Runs `work` with all its reads in one snapshot, so that its numbers agree while a merge is running. If the server does not
 * keep the snapshot long enough, this function runs `work` again without a snapshot.
 */
export async function inSnapshot<T>(store: Store, work: (snapshot: Partial<Snapshot>) => Promise<T>): Promise<T> {
  const snapshot = openSnapshot(store);
  try {
    return await work(snapshot);
  } catch (error) {
    if (!isTooOld(error)) throw error;
  } finally {
    await snapshot.session.endSession();
  }
  return work({});
}
