import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, type Store } from '../../src/store/database.js';

const SHARED = process.env['ROLLCALL_TEST_MONGODB_URI']!;

/** A folder for each database that an earlier test file has emptied. Who removes the folder has the database. */
const free = () => join(process.env['ROLLCALL_TEST_FOLDER']!, 'free-databases');

/**
 * The name of a database that nobody else uses: one that was emptied, or a new one. To make collections and indexes costs a third
 * of a second of CPU, to empty them a tenth of that.
 */
export function takeDatabase(): string {
  mkdirSync(free(), { recursive: true });
  for (const name of readdirSync(free())) {
    try {
      rmdirSync(join(free(), name));
      return name;
    } catch {
      // Another process was faster.
    }
  }
  return newName();
}

/** Empties a store's database and hands it to whoever needs one next. */
async function giveBack(store: Store): Promise<void> {
  const collections = await store.db.listCollections({}, { nameOnly: true }).toArray();
  // A test has profiled it: that would go on.
  if (collections.some(({ name }) => name.startsWith('system.'))) return void (await store.db.dropDatabase());
  await emptyStore(store);
  mkdirSync(join(free(), store.db.databaseName), { recursive: true });
}

const newName = (): string => `t${randomUUID().slice(0, 12)}`;

/** A store in a database of its own. */
export function freshStore({ uri = SHARED, database }: { uri?: string; database?: string } = {}): Promise<Store> {
  const own = database ?? (uri === SHARED ? takeDatabase() : newName());
  return openStore({ uri, database: own, hostsCollection: 'hosts' });
}

/** Closes it and leaves nothing of it behind. */
export async function dropStore(store: Store): Promise<void> {
  if (isShared(store)) await giveBack(store);
  else await store.db.dropDatabase();
  await store.close();
}

const isShared = ({ client, hosts, db }: Store) =>
  hosts.collectionName === 'hosts' &&
  /^t[0-9a-f-]{12}$/.test(db.databaseName) &&
  SHARED.includes(client.options.hosts[0]!.toString());

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
