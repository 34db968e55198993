import { MongoServerError, type ClientSession } from 'mongodb';
import type { Store } from '../store/database.js';

/** `SnapshotTooOld`, `SnapshotUnavailable`: the server kept no such state for so long, or an index was made since. */
const GONE = new Set([239, 246]);

/**
 * Runs `work` with all its reads in one state of the database, so that its numbers agree though a merge is under way. Where the
 * server does not keep that state for long enough, it runs again, and each read is of its own moment.
 */
export async function inSnapshot<T>(store: Store, work: (session: ClientSession) => Promise<T>): Promise<T> {
  const session = store.client.startSession({ snapshot: true });
  try {
    return await work(session);
  } catch (error) {
    if (!(error instanceof MongoServerError) || !GONE.has(Number(error.code))) throw error;
  } finally {
    await session.endSession();
  }
  return store.client.withSession(work);
}
