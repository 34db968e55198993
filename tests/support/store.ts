import { randomUUID } from 'node:crypto';
import { openStore, type Store } from '../../src/store/database.js';

/** A store in a database of its own. */
export function freshStore({
  uri = process.env['ROLLCALL_TEST_MONGODB_URI']!,
  database = `t${randomUUID().slice(0, 12)}`,
} = {}): Promise<Store> {
  return openStore({ uri, database, hostsCollection: 'hosts' });
}

/** Closes it and leaves nothing of it behind. */
export async function dropStore(store: Store): Promise<void> {
  await store.db.dropDatabase();
  await store.close();
}

/**
 * Leaves its collections and indexes and nothing in them: a file whose tests share a store is spared a third of a second for
 * each of them.
 */
export async function emptyStore({ db, hosts }: Store): Promise<void> {
  const collections = await db.collections();
  await Promise.all(collections.map((collection) => collection.deleteMany({}, { writeConcern: { w: 1 } })));
  // Returns when all of that is acknowledged by a majority, as what is read from now on must be.
  await hosts.deleteMany({});
}
