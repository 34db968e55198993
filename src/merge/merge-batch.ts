import type { ClientSession } from 'mongodb';
import type { HostAttributes } from '../host/golden/golden-host.js';
import { goldenHost, hostAttributes } from '../host/golden/survive.js';
import { COMPONENT_CAP, resolve } from '../host/identity/resolve.js';
import { CHANGED } from '../store/changed-records.js';
import { matchEvidenceOf } from '../store/collections/hosts.js';
import { writeKeyStates } from '../store/collections/key-states.js';
import { fenceLease, type Lease } from '../store/collections/leases.js';
import type { Store } from '../store/database.js';
import { inTransaction } from '../store/transaction.js';
import { affectedBy } from './affected.js';
import type { AffectedSet } from './affected-set.js';
import { giveOtherIds } from './former-hosts.js';
import { LEASE_TTL_MS } from './leases.js';
import { NOTHING_MERGED, type Merged } from './merged.js';
import { asMerged, toHostRecord, type MergeRecord } from './records.js';
import type { MergeWorkers } from './workers.js';
import { writeHosts } from './write-hosts.js';

/** Result of one batch. */
export interface MergedBatch extends Merged {
  /** Some records were not merged: another worker has reserved them, or they did not fit into one transaction. */
  left: boolean;
}

export interface MergeOptions {
  /** Changed records to merge in one transaction. Records that are already merged are ignored. */
  ids: readonly string[];
  workers: MergeWorkers;
  worker?: number;
  /** The run or command that the hosts' history names as the cause. */
  run: string;
  /** A component with more records is resolved by strong keys alone. */
  cap?: number;
}

/**
 * Merges changed records in one snapshot transaction: reads all records that they can affect, resolves these again and
 * writes only the hosts that differ. Hosts are a pure function of the records and of users' decisions, so this function can
 * be repeated and interrupted. The workers of one merge share `workers`. Throws `LeaseLost` when another holder has taken
 * the lease; then nothing was written.
 */
export async function mergeBatch(
  store: Store,
  lease: Lease,
  { ids, workers, worker = 0, run, cap = COMPONENT_CAP }: MergeOptions,
): Promise<MergedBatch> {
  try {
    return await inTransaction(store, async (session) => {
      workers.begin(worker);
      await fenceLease(store, lease, LEASE_TTL_MS, session);
      const changed = await findChanged(store, session, ids);
      if (changed.length === 0) return { ...NOTHING_MERGED, left: false };
      const affected = await affectedBy(store, session, changed, cap);
      const whole = workers.reserve(worker, affected);
      const isEmpty = affected.records.size === 0 && affected.refreshed.size === 0;
      const merged = isEmpty ? NOTHING_MERGED : await resolveAndWrite(store, session, affected, run, cap);
      return { ...merged, left: affected.partial || !whole };
    });
  } finally {
    workers.end(worker);
  }
}

const isQueued = ({ dirty, set_aside: aside }: MergeRecord) => dirty === true || aside !== undefined;

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
  const taken = [...affected.records.values()].filter(isQueued);
  let resolved = affected.records.size;
  for (const { host, members: records } of affected.refreshed.values()) {
    before.set(host._id, host);
    const attributes = hostAttributes(records.map(toHostRecord));
    if (attributes._id === host._id) refreshed.push(attributes);
    else renamed.set(host._id, attributes);
    resolved += records.length;
    taken.push(...records.filter((record) => isQueued(record) && !record.unresolved));
  }
  // These hosts have another seed record and therefore another id. This is rare, so their match evidence is read only here.
  for (const [id, evidence] of await matchEvidenceOf(store, session, [...renamed.keys()]))
    golden.push({ ...renamed.get(id)!, ...evidence });
  const added = golden.filter(({ _id }) => !before.has(_id)).map(({ _id }) => _id);
  await giveOtherIds(store, session, added, run);
  const merged = await writeHosts(store, session, { before, golden, refreshed }, run);
  await writeKeyStates(store, session, affected.altered);
  const ids = taken.map(({ _id }) => _id);
  await store.records.updateMany(
    { _id: { $in: ids } },
    { $unset: { dirty: true, unresolved: true, prior_keys: true, set_aside: true } },
    { session },
  );
  return { records: ids.length, resolved, ...merged };
}
