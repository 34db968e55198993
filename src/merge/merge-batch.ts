import { ObjectId, type AnyBulkWriteOperation, type ClientSession } from 'mongodb';
import type { GoldenHost, HostAttributes } from '../host/golden/golden-host.js';
import { goldenHost, hostAttributes } from '../host/golden/survive.js';
import { COMPONENT_CAP, resolve } from '../host/identity/resolve.js';
import { historyOf } from '../store/collections/changes.js';
import type { AffectedSet } from './affected-set.js';
import { affectedBy } from './affected.js';
import type { Store } from '../store/database.js';
import { differences, matchEvidenceOf, updateOf, type Difference } from '../store/collections/hosts.js';
import type { HostDoc } from '../store/documents/hosts.js';
import { writeKeyStates } from '../store/collections/key-states.js';
import type { MergeWorkers } from './workers.js';
import { fenceLease, type Lease } from '../store/collections/leases.js';
import { LEASE_TTL_MS } from './leases.js';
import { asMerged, toHostRecord, type MergeRecord } from './records.js';
import { CHANGED } from '../store/changed-records.js';

export interface Merged {
  /** Changed records that were merged. */
  settled: number;
  /** All records that were resolved for it, including these. */
  resolved: number;
  /** New hosts. */
  created: number;
  /** Hosts whose fields or id changed. */
  changed: number;
  /** Hosts whose records are in other hosts now. */
  removed: number;
}

/** Result of one batch. */
export interface MergedBatch extends Merged {
  /** Some records were not merged: another worker has reserved them, or they did not fit into one transaction. */
  left: boolean;
}

export interface MergeOptions {
  /** Changed records to merge in one transaction. Those that are merged already are ignored. */
  ids: readonly string[];
  workers: MergeWorkers;
  worker?: number;
  /** The run or command that the hosts' history names as the cause. */
  run: string;
  /** A component with more records is resolved by strong keys alone. */
  cap?: number;
}

/**
 * Merges changed records in one snapshot transaction: reads all records that they can affect, resolves these again and writes
 * only the hosts that differ. Hosts are a pure function of the records and of users' decisions, so it can be repeated and
 * interrupted. The workers of one merge share `workers`. Throws `LeaseLost` when another holder has taken the lease; then nothing
 * was written.
 */
export async function mergeBatch(
  store: Store,
  lease: Lease,
  { ids, workers, worker = 0, run, cap = COMPONENT_CAP }: MergeOptions,
): Promise<MergedBatch> {
  const session = store.client.startSession();
  try {
    return await session.withTransaction(
      async () => {
        workers.begin(worker);
        await fenceLease(store, lease, LEASE_TTL_MS, session);
        const changed = await findChanged(store, session, ids);
        if (changed.length === 0) return { ...NOTHING_MERGED, left: false };
        const affected = await affectedBy(store, session, changed, cap);
        const whole = workers.reserve(worker, affected);
        const isEmpty = affected.records.size === 0 && affected.refreshed.size === 0;
        const merged = isEmpty ? NOTHING_MERGED : await resolveAndWrite(store, session, affected, run, cap);
        return { ...merged, left: affected.partial || !whole };
      },
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } },
    );
  } finally {
    workers.end(worker);
    await session.endSession();
  }
}

export const NOTHING_MERGED: Readonly<Merged> = { settled: 0, resolved: 0, created: 0, changed: 0, removed: 0 };

const isQueued = ({ dirty, set_aside: aside }: MergeRecord) => dirty === true || aside !== undefined;

/** Adds one batch's counts to a sum. */
export function addMerged(sum: Merged, batch: Merged): void {
  for (const count of ['settled', 'resolved', 'created', 'changed', 'removed'] as const) sum[count] += batch[count];
}

function findChanged(store: Store, session: ClientSession, ids: readonly string[]): Promise<MergeRecord[]> {
  return store.records
    .find<MergeRecord>({ dirty: true, _id: { $in: [...ids] } }, { ...asMerged(session), hint: CHANGED })
    .batchSize(ids.length + 1)
    .toArray();
}

async function resolveAndWrite(
  store: Store,
  session: ClientSession,
  affected: AffectedSet,
  run: string,
  cap: number,
): Promise<Merged> {
  const members = new Map([...affected.records].map(([id, doc]) => [id, toHostRecord(doc)]));
  const { clusters } = resolve([...members.values()], affected.states, [...affected.decisions.values()], {
    cap,
    oversized: affected.oversized,
  });
  const golden = clusters.map((cluster) =>
    goldenHost(
      cluster.members.map((id) => members.get(id)!),
      cluster.reasons,
      cluster,
    ),
  );
  const before = new Map<string, HostAttributes>(affected.hosts);
  const refreshed: HostAttributes[] = [];
  const renamed = new Map<string, HostAttributes>();
  const settled = [...affected.records.values()].filter(isQueued);
  let resolved = affected.records.size;
  for (const { host, members: records } of affected.refreshed.values()) {
    before.set(host._id, host);
    const attributes = hostAttributes(records.map(toHostRecord));
    if (attributes._id === host._id) refreshed.push(attributes);
    else renamed.set(host._id, attributes);
    resolved += records.length;
    settled.push(...records.filter((record) => isQueued(record) && !record.unresolved));
  }
  // These hosts got another seed record and so another id. That is rare, so their match evidence is read only now.
  for (const [id, evidence] of await matchEvidenceOf(store, session, [...renamed.keys()]))
    golden.push({ ...renamed.get(id)!, ...evidence });
  const merged = await writeHosts(store, session, { before, golden, refreshed }, run);
  await writeKeyStates(store, session, affected.altered);
  const ids = settled.map(({ _id }) => _id);
  await store.records.updateMany(
    { _id: { $in: ids } },
    { $unset: { dirty: true, unresolved: true, prior_keys: true, set_aside: true } },
    { session },
  );
  return { settled: ids.length, resolved, ...merged };
}

interface ResolvedHosts {
  /** Hosts before the batch. */
  before: ReadonlyMap<string, HostAttributes>;
  /** Hosts that were resolved again. */
  golden: readonly GoldenHost[];
  /** Hosts of the same records for the same reasons, whose attributes may differ. */
  refreshed: readonly HostAttributes[];
}

async function writeHosts(
  store: Store,
  session: ClientSession,
  { before, golden, refreshed }: ResolvedHosts,
  run: string,
): Promise<Omit<Merged, 'settled' | 'resolved'>> {
  const now = await store.clock.now();
  const after = [...golden, ...refreshed];
  const inserts = golden.filter(({ _id }) => !before.has(_id));
  const updates: AnyBulkWriteOperation<HostDoc>[] = [];
  const different = new Map<string, Difference[]>();
  for (const host of after) {
    const known = before.get(host._id);
    const found = known ? differences(known, host) : [];
    if (found.length === 0) continue;
    different.set(host._id, found);
    updates.push({ updateOne: { filter: { _id: host._id }, update: updateOf(found, now) } });
  }
  const standing = new Set(after.map(({ _id }) => _id));
  const removed = [...before.values()].filter((host) => !standing.has(host._id));
  if (removed.length > 0) {
    await store.hosts.deleteMany({ _id: { $in: removed.map((host) => host._id) } }, { session });
    await redirect(store, removed, golden, now, session);
  }
  const history = historyOf(before, after, different);
  // A host that got another id does not count as new.
  const formerOf = new Map(
    history.flatMap(({ host, kind, others = [] }) => (kind === 'renamed' ? [[host, others[0]!]] : [])),
  );
  if (inserts.length > 0) {
    const docs = inserts.map((host): HostDoc => {
      const former = before.get(formerOf.get(host._id) ?? '') as Partial<HostDoc> | undefined;
      return {
        ...host,
        created: former?.created ?? { at: now, run },
        version: (former?.version ?? 0) + 1,
        updated_at: now,
      };
    });
    await store.hosts.insertMany(docs, { session, ordered: true });
    // An id that belongs to a host again must not redirect.
    if (before.size > 0)
      await store.redirects.deleteMany({ _id: { $in: inserts.map((host) => host._id) } }, { session });
  }
  if (updates.length > 0) await store.hosts.bulkWrite(updates, { session, ordered: false });
  const entries = history.map((entry) => ({ _id: objectIdOf(now), ...entry, at: now, run }));
  if (entries.length > 0) await store.changes.insertMany(entries, { session });
  return {
    created: inserts.length - formerOf.size,
    changed: updates.length + formerOf.size,
    removed: removed.length - formerOf.size,
  };
}

/** An id that begins with `time`, because the history is sorted by id. */
const objectIdOf = (time: Date) => new ObjectId(ObjectId.generate(Math.floor(time.getTime() / 1_000)));

/** Redirects the ids of removed hosts to the hosts that hold their records now. */
async function redirect(
  store: Store,
  removed: readonly HostAttributes[],
  golden: readonly GoldenHost[],
  at: Date,
  session: ClientSession,
): Promise<void> {
  const hostOf = new Map<string, string>();
  for (const host of golden) for (const { record } of host.sources) hostOf.set(record, host._id);
  const operations = removed.flatMap((host): AnyBulkWriteOperation<{ _id: string; to: string; at: Date }>[] => {
    const to = host.sources.map(({ record }) => hostOf.get(record)).find((id) => id !== undefined);
    return to === undefined
      ? []
      : [{ updateOne: { filter: { _id: host._id }, update: { $set: { to, at } }, upsert: true } }];
  });
  if (operations.length > 0) await store.redirects.bulkWrite(operations, { session });
}
