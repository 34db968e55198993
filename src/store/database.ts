import { MongoClient, type Collection, type Db, type Document, type IndexDescription } from 'mongodb';
import { Failure } from '../model/failure.js';
import type { Config } from '../config.js';
import type { AlertDoc } from './documents/alerts.js';
import type { AuditDoc } from './documents/audit.js';
import type { BodyDoc } from './documents/bodies.js';
import type { ChangeDoc } from './documents/changes.js';
import { ServerClock } from './clock.js';
import { reportingConnection } from './connection.js';
import type { DecisionDoc } from './documents/decisions.js';
import type { HostDoc, RedirectDoc } from './documents/hosts.js';
import type { KeyStateDoc } from './documents/key-states.js';
import type { EventLoadDoc } from './documents/event-loads.js';
import type { CategoryDoc, EventDoc } from './documents/events.js';
import type { LeaseDoc } from './documents/leases.js';
import type { LoginDoc } from './documents/logins.js';
import type { MergePartDoc, MergePlanDoc } from './documents/merge-plans.js';
import type { PageIdsDoc } from './documents/page-ids.js';
import type { PageDoc } from './documents/pages.js';
import type { QuarantineDoc } from './documents/quarantine.js';
import type { RecordDoc } from './documents/records.js';
import type { RunDoc } from './documents/runs.js';
import { INDEXES, KEY_INDEX } from './indexes.js';
import { rejectWeakUri, unlessSet } from './uri.js';
import type { SchemaDoc } from './documents/schemas.js';
import type { PositionDoc, SourceDoc } from './documents/sources.js';

export { rejectWeakUri } from './uri.js';

/** The open store: a typed handle for each collection. All writes are acknowledged by a majority with journal. */
export interface Store {
  client: MongoClient;
  db: Db;
  /** MongoDB's time, see `ServerClock`. */
  clock: ServerClock;
  bodies: Collection<BodyDoc>;
  pages: Collection<PageDoc>;
  pageIds: Collection<PageIdsDoc>;
  records: Collection<RecordDoc>;
  hosts: Collection<HostDoc>;
  redirects: Collection<RedirectDoc>;
  changes: Collection<ChangeDoc>;
  keyStates: Collection<KeyStateDoc>;
  mergePlans: Collection<MergePlanDoc>;
  mergeParts: Collection<MergePartDoc>;
  decisions: Collection<DecisionDoc>;
  quarantine: Collection<QuarantineDoc>;
  runs: Collection<RunDoc>;
  sources: Collection<SourceDoc>;
  positions: Collection<PositionDoc>;
  schemas: Collection<SchemaDoc>;
  events: Collection<EventDoc>;
  eventLoads: Collection<EventLoadDoc>;
  eventCategories: Collection<CategoryDoc>;
  leases: Collection<LeaseDoc>;
  logins: Collection<LoginDoc>;
  audit: Collection<AuditDoc>;
  alerts: Collection<AlertDoc>;
  /** Maximum number of rows in quarantine for one source. Further rows are only counted. */
  mostQuarantined: number;
  close(): Promise<void>;
}

/** Names of the collections. MONGODB_HOSTS_COLLECTION replaces the name of `hosts`. */
export const COLLECTIONS = {
  bodies: 'bodies',
  pages: 'pages',
  pageIds: 'page_ids',
  records: 'records',
  hosts: 'hosts',
  redirects: 'redirects',
  changes: 'changes',
  keyStates: 'key_states',
  mergePlans: 'merge_plans',
  mergeParts: 'merge_parts',
  decisions: 'decisions',
  quarantine: 'quarantine',
  runs: 'runs',
  sources: 'sources',
  positions: 'positions',
  schemas: 'schemas',
  events: 'events',
  eventLoads: 'event_loads',
  eventCategories: 'event_categories',
  leases: 'leases',
  logins: 'logins',
  audit: 'audit',
  alerts: 'alerts',
} as const;

/**
 * Default of `mostQuarantined`: enough rows to find the cause. More rows would be a second copy of a source whose rows cannot
 * be read.
 */
export const MOST_QUARANTINED = 100_000;

export interface OpenOptions {
  timeoutMs?: number;
  /** `false`: does not create missing collections and indexes. */
  prepare?: boolean;
}

/**
 * Connects, checks that the server is a replica set (or a sharded cluster), and creates collections and indexes.
 * Throws `Failure` (`settings-invalid`, `server-unavailable`) without the URI's password.
 */
export async function openStore(config: Config['mongodb'], options: OpenOptions = {}): Promise<Store> {
  rejectWeakUri(config.uri);
  const client = new MongoClient(config.uri, {
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    retryWrites: true,
    retryReads: true,
    ignoreUndefined: true,
    // Rollcall has written all documents, so their text is valid.
    enableUtf8Validation: false,
    ...unlessSet(config.uri, { appName: 'rollcall', maxPoolSize: 20, serverSelectionTimeoutMS: 10_000 }),
    ...reportingConnection,
    ...(options.timeoutMs !== undefined && { serverSelectionTimeoutMS: options.timeoutMs }),
  });
  const at = config.uri.replace(/\/\/[^@/]*@/, '//').split('?')[0]!;
  try {
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    if (!hello['setName'] && hello['msg'] !== 'isdbgrid') {
      throw new Failure('server-unavailable', `MongoDB at ${at} is a standalone server`, {
        at,
        remedy:
          'Start it with --replSet rs0 and run rs.initiate() once: transactions and majority writes need a replica set',
      });
    }
  } catch (error) {
    await client.close();
    if (error instanceof Failure) throw error;
    throw new Failure('server-unavailable', `MongoDB at ${at} does not respond: ${(error as Error).name}`, {
      at,
      remedy: 'Start it, or correct MONGODB_URI',
    });
  }
  const db = client.db(config.database);
  const store: Store = {
    client,
    db,
    clock: new ServerClock(
      async () => (await client.db('admin').command({ hello: 1 }))['localTime'] as Date | undefined,
    ),
    bodies: db.collection(COLLECTIONS.bodies),
    pages: db.collection(COLLECTIONS.pages),
    pageIds: db.collection(COLLECTIONS.pageIds),
    records: db.collection(COLLECTIONS.records),
    hosts: db.collection(config.hostsCollection),
    redirects: db.collection(COLLECTIONS.redirects),
    changes: db.collection(COLLECTIONS.changes),
    keyStates: db.collection(COLLECTIONS.keyStates),
    mergePlans: db.collection(COLLECTIONS.mergePlans),
    mergeParts: db.collection(COLLECTIONS.mergeParts),
    decisions: db.collection(COLLECTIONS.decisions),
    quarantine: db.collection(COLLECTIONS.quarantine),
    runs: db.collection(COLLECTIONS.runs),
    sources: db.collection(COLLECTIONS.sources),
    positions: db.collection(COLLECTIONS.positions),
    schemas: db.collection(COLLECTIONS.schemas),
    events: db.collection(COLLECTIONS.events),
    eventLoads: db.collection(COLLECTIONS.eventLoads),
    eventCategories: db.collection(COLLECTIONS.eventCategories),
    leases: db.collection(COLLECTIONS.leases),
    logins: db.collection(COLLECTIONS.logins),
    audit: db.collection(COLLECTIONS.audit),
    alerts: db.collection(COLLECTIONS.alerts),
    mostQuarantined: config.mostQuarantined ?? MOST_QUARANTINED,
    close: () => client.close(),
  };
  if (options.prepare !== false) await prepare(store);
  return store;
}

async function prepare(store: Store): Promise<void> {
  const existing = new Set((await store.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name));
  const create = async (collection: Collection<any>, options: Document = {}) => {
    if (existing.has(collection.collectionName)) return;
    await store.db.createCollection(collection.collectionName, options).catch((error: { code?: number }) => {
      if (error.code !== 48) throw error; // another worker created it first
    });
  };
  // Raw bodies are compressed already, so MongoDB does not need to compress them again.
  await create(store.bodies, { storageEngine: { wiredTiger: { configString: 'block_compressor=none' } } });
  // Records and hosts are read and rewritten one by one. With the default page size of 32 KB, compressing neighbouring
  // documents would be most of the cost. With the default allocation size of 4 KB, small pages would take 50 % more space on
  // disk.
  const small = { storageEngine: { wiredTiger: { configString: 'leaf_page_max=8KB,allocation_size=1KB' } } };
  for (const collection of [store.records, store.hosts]) await create(collection, small);
  const { pages, redirects, changes, keyStates, decisions, quarantine, runs, sources, leases } = store;
  for (const collection of [pages, redirects, changes, keyStates, decisions, quarantine]) await create(collection);
  const { positions, events, eventLoads, eventCategories } = store;
  for (const collection of [runs, sources, leases, positions, events, eventLoads, eventCategories])
    await create(collection);
  for (const collection of [store.logins, store.audit, store.alerts, store.schemas]) await create(collection);
  await Promise.all(
    (await expectedIndexes(store)).map(([collection, indexes]) => collection.createIndexes([...indexes])),
  );
}

type CollectionIndexes = [collection: Collection<any>, indexes: readonly IndexDescription[]];

/** The indexes that each collection must have now. An inventory without hosts has no `KEY_INDEX` yet. */
export async function expectedIndexes(store: Store): Promise<CollectionIndexes[]> {
  const declared = declaredIndexes(store);
  if (await store.hosts.findOne({}, { projection: { _id: 1 } })) return declared;
  return declared.map(([collection, indexes]) => [collection, indexes.filter((index) => index !== KEY_INDEX)]);
}

/** All indexes of each collection, see `indexes.ts`. */
export function declaredIndexes(store: Store): CollectionIndexes[] {
  return Object.entries(INDEXES).map(([name, indexes]) => [store[name as keyof typeof INDEXES], indexes]);
}
