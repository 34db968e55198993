import { MongoClient, type Collection, type Db, type Document, type IndexDescription } from 'mongodb';
import { Failure } from '../model/failure.js';
import type { Config } from '../config.js';
import { alertIndexes, type AlertDoc } from './documents/alerts.js';
import { auditIndexes, type AuditDoc } from './documents/audit.js';
import { bodyIndexes, type BodyDoc } from './documents/bodies.js';
import { changeIndexes, type ChangeDoc } from './documents/changes.js';
import { ServerClock } from './clock.js';
import { reportingConnection } from './connection.js';
import { decisionIndexes, type DecisionDoc } from './documents/decisions.js';
import { hostIndexes, redirectIndexes, type HostDoc, type RedirectDoc } from './documents/hosts.js';
import type { KeyStateDoc } from './documents/key-states.js';
import type { DeliveryDoc } from './documents/deliveries.js';
import { eventIndexes, type CategoryDoc, type EventDoc } from './documents/events.js';
import type { LeaseDoc } from './documents/leases.js';
import { loginIndexes, type LoginDoc } from './documents/logins.js';
import type { PageIdsDoc } from './documents/page-ids.js';
import { pageIndexes, type PageDoc } from './documents/pages.js';
import { quarantineIndexes, type QuarantineDoc } from './documents/quarantine.js';
import { recordIndexes, type RecordDoc } from './documents/records.js';
import { runIndexes, type RunDoc } from './documents/runs.js';
import { refuseWeakUri, unlessSet } from './uri.js';
import type { SchemaDoc } from './documents/shapes.js';
import type { PositionDoc, SourceDoc } from './documents/sources.js';

export { refuseWeakUri } from './uri.js';

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
  decisions: Collection<DecisionDoc>;
  quarantine: Collection<QuarantineDoc>;
  runs: Collection<RunDoc>;
  sources: Collection<SourceDoc>;
  positions: Collection<PositionDoc>;
  shapes: Collection<SchemaDoc>;
  events: Collection<EventDoc>;
  deliveries: Collection<DeliveryDoc>;
  eventCategories: Collection<CategoryDoc>;
  leases: Collection<LeaseDoc>;
  logins: Collection<LoginDoc>;
  audit: Collection<AuditDoc>;
  alerts: Collection<AlertDoc>;
  /** Most rows in quarantine for one source. Further rows are only counted. */
  mostQuarantined: number;
  close(): Promise<void>;
}

/** Names of the collections. MONGODB_HOSTS_COLLECTION replaces that of `hosts`. */
export const COLLECTIONS = {
  bodies: 'bodies',
  pages: 'pages',
  pageIds: 'page_ids',
  records: 'records',
  hosts: 'hosts',
  redirects: 'redirects',
  changes: 'changes',
  keyStates: 'key_states',
  decisions: 'decisions',
  quarantine: 'quarantine',
  runs: 'runs',
  sources: 'sources',
  positions: 'positions',
  shapes: 'shapes',
  events: 'events',
  deliveries: 'deliveries',
  eventCategories: 'event_categories',
  leases: 'leases',
  logins: 'logins',
  audit: 'audit',
  alerts: 'alerts',
} as const;

/** Default of `mostQuarantined`: enough to find the cause, and not a second copy of a broken source. */
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
  refuseWeakUri(config.uri);
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
    throw new Failure('server-unavailable', `MongoDB at ${at} does not answer: ${(error as Error).name}`, {
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
    decisions: db.collection(COLLECTIONS.decisions),
    quarantine: db.collection(COLLECTIONS.quarantine),
    runs: db.collection(COLLECTIONS.runs),
    sources: db.collection(COLLECTIONS.sources),
    positions: db.collection(COLLECTIONS.positions),
    shapes: db.collection(COLLECTIONS.shapes),
    events: db.collection(COLLECTIONS.events),
    deliveries: db.collection(COLLECTIONS.deliveries),
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
      if (error.code !== 48) throw error; // another worker was first
    });
  };
  // Raw bodies are compressed already, so MongoDB does not need to compress them again.
  await create(store.bodies, { storageEngine: { wiredTiger: { configString: 'block_compressor=none' } } });
  // Records and hosts are read and rewritten one by one. With pages of 32 KB, the default, most of the cost would be compressing
  // neighbouring documents. With allocation of 4 KB, the default, small pages would take half as much again on disk.
  const small = { storageEngine: { wiredTiger: { configString: 'leaf_page_max=8KB,allocation_size=1KB' } } };
  for (const collection of [store.records, store.hosts]) await create(collection, small);
  const { pages, redirects, changes, keyStates, decisions, quarantine, runs, sources, leases } = store;
  for (const collection of [pages, redirects, changes, keyStates, decisions, quarantine]) await create(collection);
  const { positions, events, deliveries, eventCategories } = store;
  for (const collection of [runs, sources, leases, positions, events, deliveries, eventCategories])
    await create(collection);
  for (const collection of [store.logins, store.audit, store.alerts, store.shapes]) await create(collection);
  await Promise.all(declaredIndexes(store).map(([collection, indexes]) => collection.createIndexes([...indexes])));
}

/** The indexes that each collection must have in addition to the one on `_id`. */
export function declaredIndexes(store: Store): [collection: Collection<any>, indexes: readonly IndexDescription[]][] {
  return [
    [store.bodies, bodyIndexes],
    [store.pages, pageIndexes],
    [store.records, recordIndexes],
    [store.hosts, hostIndexes],
    [store.redirects, redirectIndexes],
    [store.changes, changeIndexes],
    [store.decisions, decisionIndexes],
    [store.quarantine, quarantineIndexes],
    [store.runs, runIndexes],
    [store.logins, loginIndexes],
    [store.audit, auditIndexes],
    [store.alerts, alertIndexes],
    [store.events, eventIndexes],
  ];
}
