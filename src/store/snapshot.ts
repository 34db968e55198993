import type { ClientSession, MongoServerError, ReadConcernLike } from 'mongodb';
import type { Store } from './database.js';

/**
 * Error codes: the server no longer has the snapshot's history. By default it keeps five minutes
 * (`minSnapshotHistoryWindowInSeconds`).
 */
const TOO_OLD = new Set([239, 246]);

export const isTooOld = (error: unknown): boolean => TOO_OLD.has(Number((error as MongoServerError | undefined)?.code));

/** Options for reads that see the store as of the first read with the same options. */
export interface Snapshot {
  session: ClientSession;
  readConcern: ReadConcernLike;
}

/** The caller ends it with `session.endSession()`. Reads fail with `isTooOld` errors when the snapshot is too old. */
export function openSnapshot(store: Store): Snapshot {
  // Explicit, because the client's read concern would silently take precedence over the session's.
  return { session: store.client.startSession({ snapshot: true }), readConcern: { level: 'snapshot' } };
}
