import type { ClientSession } from 'mongodb';
import type { Store } from './database.js';

/** Runs `work` in a transaction with snapshot reads and durable writes. The driver repeats it after a write conflict. */
export function inTransaction<T>(store: Store, work: (session: ClientSession) => Promise<T>): Promise<T> {
  return store.client.withSession((session) =>
    session.withTransaction(() => work(session), {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', journal: true },
    }),
  );
}
