import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Document } from 'mongodb';
import { Failure } from '../../model/failure.js';
import { privateFolder } from '../../system/private-folder.js';
import { fileOf, MANIFEST, type CollectionEntry, type Manifest } from './manifest.js';
import { writeDocuments } from './bson-file.js';
import type { Store } from '../../store/database.js';
import { claimingRaw, type ClaimOptions, type RawClaim } from '../../store/raw-claim.js';
import { isTooOld, openSnapshot, type Snapshot } from '../../store/snapshot.js';

export interface BackupOptions extends ClaimOptions {
  /** Told of each collection when it is written. */
  onCollection?: (entry: CollectionEntry) => void | Promise<void>;
}

/** Pruning after a run takes ten minutes at most. */
const PATIENCE_MS = 900_000;
/** Events, how far they have been delivered and what they add up to are right only with each other. */
const DELIVERED = ['deliveries', 'event_categories', 'events', 'positions'];
/** By far the largest, never changed, and harmless when there are more of them than pages. */
const BODIES = 'bodies';
/** Who works right now: that ends with this database. */
const LEASES = 'leases';

/**
 * Writes every collection into `folder`, which must not exist: it appears when all is on disk. All collections are read as
 * they stood at one moment, so workers may go on. MongoDB remembers a moment for five minutes unless it is told otherwise;
 * where that is too short, a group of collections begins anew with a moment of its own:
 *
 * 1. events, with how far they have come. A later moment for the rest only means that the next run reads some lines again
 * 2. records, hosts, the page ledger and all that is small
 * 3. bodies, which the ledger names: a later moment only means that there are some more
 *
 * No body is removed or sealed anew meanwhile, see `raw-claim.ts`: each page that is in the backup has its body there.
 *
 * Throws `Failure` when group 1 or 2 alone takes longer than MongoDB remembers, and when the folder is there.
 */
export async function backup(store: Store, folder: string, options: BackupOptions = {}): Promise<Manifest> {
  const { patienceMs = PATIENCE_MS, onWait } = options;
  return claimingRaw(store, 'rollcall backup', (claim) => backupInto(store, folder, claim, options), {
    patienceMs,
    ...(onWait ? { onWait } : {}),
  });
}

async function backupInto(store: Store, folder: string, claim: RawClaim, options: BackupOptions): Promise<Manifest> {
  if (await stat(folder).catch(() => undefined)) throw isThere(folder);
  const parent = dirname(resolve(folder));
  await mkdir(parent, { recursive: true });
  const beside = await privateFolder(parent, `.${basename(resolve(folder))}.`);
  try {
    return await writeWhole(store, folder, join(beside.path, 'whole'), claim, options);
  } finally {
    await beside.release();
  }
}

async function writeWhole(
  store: Store,
  folder: string,
  partial: string,
  claim: RawClaim,
  { onCollection }: BackupOptions,
): Promise<Manifest> {
  await mkdir(partial, { mode: 0o700 });
  const names = (await store.db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray())
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.') && name !== LEASES)
    .sort();
  const groups = [
    names.filter((name) => DELIVERED.includes(name)),
    names.filter((name) => !DELIVERED.includes(name) && name !== BODIES),
    names.filter((name) => name === BODIES),
  ];
  const manifest: Manifest = {
    format: 1,
    taken_at: new Date().toISOString(),
    database: store.db.databaseName,
    hosts_collection: store.hosts.collectionName,
    collections: [],
  };
  let moment = openSnapshot(store);
  const again = async () => {
    await moment.session.endSession();
    moment = openSnapshot(store);
  };
  try {
    for (const group of groups) {
      const write = (at: Snapshot | undefined) => writeGroup(store, partial, group, at);
      const written = await write(moment).catch(async (error: unknown) => {
        if (!isTooOld(error)) throw error;
        await again();
        return write(moment).catch((late: unknown) => {
          if (!isTooOld(late)) throw late;
          // What is never changed needs no moment.
          if (group.includes(BODIES)) return write(undefined);
          throw tooLong();
        });
      });
      manifest.collections.push(...written);
      for (const entry of written) await onCollection?.(entry);
    }
  } finally {
    await moment.session.endSession();
  }
  await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  // Whoever had taken over might have removed bodies that were not read yet.
  await claim.fence();
  await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
    // Another backup into the same folder ended first.
    throw ['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '') ? isThere(folder) : error;
  });
  await syncFolder(join(folder, '..'));
  return manifest;
}

async function writeGroup(
  store: Store,
  folder: string,
  group: readonly string[],
  moment: Snapshot | undefined,
): Promise<CollectionEntry[]> {
  const entries: CollectionEntry[] = [];
  for (const name of group) {
    const documents = rawDocuments(store, name, moment);
    entries.push({ name, ...(await writeDocuments(fileOf(folder, name), documents)) });
  }
  return entries;
}

/** Documents as bytes, in the order of their `_id`. */
export function rawDocuments(store: Store, collection: string, moment?: Snapshot): AsyncIterable<Uint8Array> {
  return store.db
    .collection(collection)
    .find<Uint8Array & Document>({}, { raw: true, ...moment })
    .sort({ _id: 1 })
    .hint({ _id: 1 })
    .batchSize(1_000);
}

function tooLong(): Failure {
  return new Failure('server-unavailable', 'MongoDB forgot the moment that the backup began at before it was read', {
    remedy:
      'Let it remember longer: db.adminCommand({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600 }), and back up again',
  });
}

const isThere = (folder: string): Failure =>
  new Failure('settings-invalid', `${folder} is there already`, { remedy: 'Name a folder that is not' });

/** A name that is not on disk is lost with the power. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  await folder.sync().catch(() => {}); // not every file system can
  await folder.close();
}
