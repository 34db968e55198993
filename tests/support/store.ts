import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildKeyIndex } from '../../src/store/key-index.js';
import { openStore, type Store } from '../../src/store/database.js';

const SHARED = process.env['ROLLCALL_TEST_MONGODB_URI']!;

/**
 * A folder for each database that an earlier test file has emptied. The process that removes the folder gets the
 * database.
 */
const free = () => join(process.env['ROLLCALL_TEST_FOLDER']!, 'free-databases');

/**
 * Returns the name of a database that no other test uses: an emptied one or a new one. Creating collections and indexes
 * costs a third of a second of CPU, emptying them a tenth of that.
 */
export function takeDatabase(): string {
  mkdirSync(free(), { recursive: true });
  for (const name of readdirSync(free())) {
    try {
      rmdirSync(join(free(), name));
      return name;
    } catch {
      // Another process has taken this database.
    }
  }
  return newName();
}

/** Empties the database of a store and makes it available to the next test file. */
async function giveBack(store: Store): Promise<void> {
  const collections = await store.db.listCollections({}, { nameOnly: true }).toArray();
  // A test has enabled profiling, which would continue in the next test file.
  if (collections.some(({ name }) => name.startsWith('system.'))) return void (await store.db.dropDatabase());
  await emptyStore(store);
  mkdirSync(join(free(), store.db.databaseName), { recursive: true });
}

const newName = (): string => `t${randomUUID().slice(0, 12)}`;

/** A store in its own database. Without a given name, it has the index on keys, because tests merge without `mergeChanged`. */
export async function freshStore({ uri = SHARED, database }: { uri?: string; database?: string } = {}): Promise<Store> {
  const own = database ?? (uri === SHARED ? takeDatabase() : newName());
  const store = await openStore({ uri, database: own, hostsCollection: 'hosts' });
  if (database === undefined) await buildKeyIndex(store);
  return store;
}

/** Closes the store and removes its data. */
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
 * Deletes all documents and keeps the collections and indexes: a file whose tests share a store saves a third of a
 * second for each of them.
 */
export async function emptyStore({ db, hosts }: Store): Promise<void> {
  const collections = await db.collections();
  await Promise.all(collections.map((collection) => collection.deleteMany({}, { writeConcern: { w: 1 } })));
  // This returns when a majority has acknowledged all deletes. Later reads need data that a majority has acknowledged.
  await hosts.deleteMany({});
}
