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
