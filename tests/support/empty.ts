import type { Store } from '../../src/store/database.js';

/** Takes everything out of a store and leaves its collections and indexes: making those costs more than most tests. */
export async function emptyStore({ db }: Store): Promise<void> {
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray())
    await db.collection(name).deleteMany({});
}
