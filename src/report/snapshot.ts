import { MongoServerError, type ClientSession } from 'mongodb';
import type { Store } from '../store/database.js';

/** `SnapshotTooOld`, `SnapshotUnavailable`: the server no longer has the state, or an index was created since. */
const GONE = new Set([239, 246]);

/**
 * Runs `work` with all its reads in one snapshot, so that its numbers agree while a merge is running. If the server does not keep
 * the snapshot long enough, it runs `work` again without one.
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
