import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Document } from 'mongodb';
import { Failure } from '../../model/failure.js';
import { privateFolder } from '../../system/private-folder.js';
import { fileOf, MANIFEST, type CollectionEntry, type Manifest } from './manifest.js';
import { writeDocuments } from './bson-file.js';
import type { Store } from '../../store/database.js';
import { withRawLease, type LeaseOptions, type RawLease } from '../../store/raw-lease.js';
import { isTooOld, openSnapshot, type Snapshot } from '../../store/snapshot.js';

export interface BackupOptions extends LeaseOptions {
  /** Called after each collection is written. */
  onCollection?: (entry: CollectionEntry) => void | Promise<void>;
}

/** Longer than pruning after a run, which takes at most ten minutes. */
const PATIENCE_MS = 900_000;
/** Events, their load positions and their aggregates must be from the same snapshot. */
const EVENT_COLLECTIONS = ['event_loads', 'event_categories', 'events', 'positions'];
/** By far the largest collection. Bodies never change, and bodies without a page are harmless. */
const BODIES = 'bodies';
/** Not backed up: leases are valid only in this database. */
const LEASES = 'leases';

/**
 * Writes all collections into `folder`, which must not exist; it is created when all files are on disk. Reads all collections
 * in one snapshot, so workers may continue. MongoDB keeps a snapshot for five minutes by default
 * (`minSnapshotHistoryWindowInSeconds`). If that is too short, a group of collections is read again in a snapshot of its own:
 *
 * 1. events and their positions. If the other collections come from a later snapshot, the next run reads some lines again
 * 2. records, hosts, the page ledger and all small collections
 * 3. bodies. If they come from a later snapshot, the backup has more bodies than the ledger names
 *
 * No process removes or reseals a body in the meantime, see `raw-lease.ts`, so that the backup has the body of each page.
 *
 * Throws `Failure` when group 1 or 2 alone takes longer than MongoDB keeps a snapshot, and when the folder exists.
 */
export async function backup(store: Store, folder: string, options: BackupOptions = {}): Promise<Manifest> {
  const { patienceMs = PATIENCE_MS, onWait } = options;
  return withRawLease(store, 'rollcall backup', (lease) => backupInto(store, folder, lease, options), {
    patienceMs,
    ...(onWait ? { onWait } : {}),
  });
}

async function backupInto(store: Store, folder: string, lease: RawLease, options: BackupOptions): Promise<Manifest> {
  if (await stat(folder).catch(() => undefined)) throw folderExists(folder);
  const parent = dirname(resolve(folder));
  await mkdir(parent, { recursive: true });
  const temporary = await privateFolder(parent, `.${basename(resolve(folder))}.`);
  try {
    return await writeWhole(store, folder, join(temporary.path, 'whole'), lease, options);
  } finally {
    await temporary.release();
  }
}

async function writeWhole(
  store: Store,
  folder: string,
  partial: string,
  lease: RawLease,
  { onCollection }: BackupOptions,
): Promise<Manifest> {
  await mkdir(partial, { mode: 0o700 });
  const names = (await store.db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.') && name !== LEASES)
    .sort();
  const groups = [
    names.filter((name) => EVENT_COLLECTIONS.includes(name)),
    names.filter((name) => !EVENT_COLLECTIONS.includes(name) && name !== BODIES),
    names.filter((name) => name === BODIES),
  ];
  const manifest: Manifest = {
    format: 1,
    taken_at: new Date().toISOString(),
    database: store.db.databaseName,
    hosts_collection: store.hosts.collectionName,
    collections: [],
  };
  let snapshot = openSnapshot(store);
  const openAgain = async () => {
    await snapshot.session.endSession();
    snapshot = openSnapshot(store);
  };
  try {
    for (const group of groups) {
      const write = (at: Snapshot | undefined) => writeGroup(store, partial, group, at);
      const written = await write(snapshot).catch(async (error: unknown) => {
        if (!isTooOld(error)) throw error;
        await openAgain();
        return write(snapshot).catch((late: unknown) => {
          if (!isTooOld(late)) throw late;
          // Bodies never change, so they need no snapshot.
          if (group.includes(BODIES)) return write(undefined);
          throw snapshotExpired();
        });
      });
      manifest.collections.push(...written);
      for (const entry of written) await onCollection?.(entry);
    }
  } finally {
    await snapshot.session.endSession();
  }
  await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  // Fails if another process took over the lease, because that process may have removed bodies before this one read them.
  await lease.fence();
  await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
    // Another backup into the same folder finished first.
    throw ['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '') ? folderExists(folder) : error;
  });
  await syncFolder(join(folder, '..'));
  return manifest;
}

async function writeGroup(
  store: Store,
  folder: string,
  group: readonly string[],
  snapshot: Snapshot | undefined,
): Promise<CollectionEntry[]> {
  const entries: CollectionEntry[] = [];
  for (const name of group) {
    const documents = rawDocuments(store, name, snapshot);
    entries.push({ name, ...(await writeDocuments(fileOf(folder, name), documents)) });
  }
  return entries;
}

/** Documents of a collection as bytes, in the order of their `_id`. */
export function rawDocuments(store: Store, collection: string, snapshot?: Snapshot): AsyncIterable<Uint8Array> {
  return store.db
    .collection(collection)
    .find<Uint8Array & Document>({}, { raw: true, ...snapshot })
    .sort({ _id: 1 })
    .hint({ _id: 1 })
    .batchSize(1_000);
}

function snapshotExpired(): Failure {
  return new Failure('server-unavailable', 'MongoDB dropped the snapshot of the backup before it was read', {
    remedy:
      'Let MongoDB keep snapshots longer: db.adminCommand({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600 }), and back up again',
  });
}

const folderExists = (folder: string): Failure =>
  new Failure('settings-invalid', `${folder} exists already`, { remedy: 'Name a folder that does not exist' });

/** Syncs the folder, so that the new name survives a power failure. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().catch(() => {}); // not all file systems support it
  await folder.close();
}
