import type { ClientSession, MongoServerError, ReadConcernLike } from 'mongodb';
import type { Store } from './database.js';

/** The server has thrown away what it needs to tell how things were: it keeps that for five minutes unless it is told otherwise. */
const TOO_OLD = new Set([239, 246]);

export const isTooOld = (error: unknown): boolean => TOO_OLD.has(Number((error as MongoServerError | undefined)?.code));

/** What a read takes to see the store as it was at the moment of the first read with the same options. */
export interface Snapshot {
  session: ClientSession;
  readConcern: ReadConcernLike;
}

/** To be ended with `session.endSession()`. Reads fail when their moment is too long ago: `isTooOld`. */
export function openSnapshot(store: Store): Snapshot {
  // The client's own read concern would go before the session's, and no read would say so.
  return { session: store.client.startSession({ snapshot: true }), readConcern: { level: 'snapshot' } };
}
