import { BSON, type Document } from 'mongodb';
import { Failure } from '../../model/failure.js';
import { fileOf, readManifest, type CollectionEntry, type Manifest } from './manifest.js';
import { rawDocuments } from './backup.js';
import { readDocuments, Summing, type Sum } from './bson-file.js';
import type { Store } from '../../store/database.js';

export interface RestoreOptions {
  /** Called after each collection is restored. */
  onCollection?: (entry: CollectionEntry) => void;
}

/** A batch ends when one of these limits is reached. */
const BATCH = { documents: 1_000, bytes: 4 * 1024 * 1024 };

/** Deserialization options that keep all BSON types: an integer stays an int32, int64 or double. */
const FAITHFUL = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

/**
 * Fills an empty store from a backup. Checks first that all files are complete, and afterwards that each collection has the
 * same documents as in the backup, byte for byte. No worker may run meanwhile. Throws `Failure`. If it throws after it began to
 * write, the caller must empty the store.
 */
export async function restore(store: Store, folder: string, { onCollection }: RestoreOptions = {}): Promise<Manifest> {
  const manifest = await readManifest(folder);
  await rejectFilled(store);
  for (const entry of manifest.collections) await checkFile(folder, entry);
  // Removes the sources that a worker registers when it starts.
  await store.sources.deleteMany({});
  for (const entry of manifest.collections) {
    const target = entry.name === manifest.hosts_collection ? store.hosts.collectionName : entry.name;
    await load(store, target, fileOf(folder, entry.name));
    const found = await sumOf(rawDocuments(store, target));
    if (!isSame(entry, found))
      throw new Failure(
        'server-unavailable',
        `${target} has ${found.documents} documents that are not those of the backup`,
        {
          remedy: 'Something else writes to this database: stop the workers, and restore again with --replace',
        },
      );
    onCollection?.(entry);
  }
  // The workflows of running runs may be gone. A workflow that still exists sets the status of its run again.
  await store.runs.updateMany({ status: 'running' }, { $set: { status: 'cancelled', ended_at: new Date() } });
  return manifest;
}

/** Throws `Failure` when a collection has documents other than those that a worker registers when it starts. */
async function rejectFilled(store: Store): Promise<void> {
  for (const { name } of await store.db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray()) {
    const seeds = name === store.sources.collectionName ? { last_run: { $exists: true } } : {};
    if (name.startsWith('system.') || !(await store.db.collection(name).findOne(seeds))) continue;
    throw new Failure(
      'settings-invalid',
      `The database ${store.db.databaseName} is not empty: ${name} holds documents`,
      {
        remedy: 'Restore into another one (MONGODB_DATABASE), or give --replace to drop what this one holds',
      },
    );
  }
}

async function checkFile(folder: string, entry: CollectionEntry): Promise<void> {
  const damaged = (why: string) =>
    new Failure('settings-invalid', `${fileOf(folder, entry.name)} ${why}`, {
      remedy: 'Restore another copy of the backup: nothing was written',
    });
  const found = await sumOf(readDocuments(fileOf(folder, entry.name))).catch((error: NodeJS.ErrnoException) => {
    throw damaged(error.code === 'ENOENT' ? 'is missing' : 'cannot be read: it is damaged or cut off');
  });
  if (!isSame(entry, found)) throw damaged('does not match the manifest');
}

async function sumOf(documents: AsyncIterable<Uint8Array>): Promise<Sum> {
  const sum = new Summing();
  for await (const document of documents) sum.add(document);
  return sum.end();
}

const isSame = (one: Sum, other: Sum) => one.documents === other.documents && one.sha256 === other.sha256;

async function load(store: Store, collection: string, path: string): Promise<void> {
  const target = store.db.collection(collection);
  let batch: Document[] = [];
  let bytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const write = async () => {
    await writing;
    const documents = batch;
    [batch, bytes] = [[], 0];
    if (documents.length === 0) return;
    writing = target.insertMany(documents, { ordered: false });
    writing.catch(() => {}); // awaited before the next write
  };
  for await (const document of readDocuments(path)) {
    batch.push(BSON.deserialize(document, FAITHFUL));
    bytes += document.byteLength;
    if (batch.length >= BATCH.documents || bytes >= BATCH.bytes) await write();
  }
  await write();
  await writing;
}
