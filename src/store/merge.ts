import { isDeepStrictEqual } from 'node:util';
import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import type { GoldenHost } from '../host/types.js';
import { goldenHost } from '../host/survive.js';
import { KEY_LIMITS, keyStates, resolve } from '../host/resolve.js';
import { closeOver, type Closure } from './closure.js';
import type { Store } from './database.js';
import type { HostDoc } from './hosts.js';
import { NeedsToRunAlone, type Lanes } from './lanes.js';
import { fenceLease, type Lease } from './leases.js';
import { toHostRecord } from './records.js';

export interface Merged {
  /** Changed records that were settled. */
  settled: number;
  created: number;
  changed: number;
  removed: number;
  /** All that is left is in another lane's hands. */
  blocked: boolean;
}

export const LEASE_TTL_MS = 20_000;

const limitOf = (key: string): number => KEY_LIMITS[key.slice(0, key.indexOf(':')) as keyof typeof KEY_LIMITS] ?? 16;

/**
 * Settles up to `limit` changed records in one snapshot transaction: reads everything they can affect, resolves it anew and
 * writes only the hosts that differ. Hosts are a pure function of the records, so it may be repeated or cut short anywhere.
 * Throws `LeaseLost` when another holder has taken over: then nothing was written. Lanes of one merge share `lanes` and
 * begin at different ends of what has changed.
 */
export async function mergeBatch(store: Store, lease: Lease, limit: number, lanes: Lanes, lane = 0): Promise<Merged> {
  const session = store.client.startSession();
  const attempt = async () => {
    try {
      return await session.withTransaction(() => settle(store, lease, limit, session, lanes, lane), {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', journal: true },
      });
    } finally {
      lanes.end(lane);
    }
  };
  try {
    await lanes.enter(lane);
    return await attempt();
  } catch (error) {
    if (!(error instanceof NeedsToRunAlone)) throw error;
    await lanes.alone(lane);
    return await attempt();
  } finally {
    await session.endSession();
  }
}

const NOTHING: Merged = { settled: 0, created: 0, changed: 0, removed: 0, blocked: false };

async function settle(
  store: Store,
  lease: Lease,
  limit: number,
  session: ClientSession,
  lanes: Lanes,
  lane: number,
): Promise<Merged> {
  lanes.begin(lane);
  await fenceLease(store, lease, LEASE_TTL_MS, session);
  const changed = await store.records
    .find({ dirty: true }, { session, hint: { dirty: 1, _id: 1 }, sort: { _id: lane === 0 ? 1 : -1 }, limit })
    .batchSize(limit)
    .toArray();
  if (changed.length === 0) return NOTHING;

  const closure = await closeOver(store, session, changed, limitOf);
  if (closure.cut.size > 0 && !lanes.single) throw new NeedsToRunAlone();
  lanes.claim(lane, closure);
  if (closure.records.size === 0) return { ...NOTHING, blocked: true };
  const members = new Map([...closure.records].map(([id, doc]) => [id, toHostRecord(doc)]));
  const states = keyStates([...members.values()]);
  for (const key of closure.cut) states.set(key, { state: 'cut', holders: limitOf(key) + 1, why: 'holders' });
  const { clusters } = resolve([...members.values()], states);
  const golden = clusters.map((cluster) =>
    goldenHost(
      cluster.members.map((id) => members.get(id)!),
      cluster.reasons,
    ),
  );

  const merged = await writeHosts(store, closure, golden, session);
  const dirty = [...closure.records.values()].filter((record) => record.dirty).map((record) => record._id);
  await store.records.updateMany({ _id: { $in: dirty } }, { $unset: { dirty: true, prior_keys: true } }, { session });
  return { settled: dirty.length, ...merged, blocked: false };
}

async function writeHosts(
  store: Store,
  closure: Closure,
  golden: GoldenHost[],
  session: ClientSession,
): Promise<Omit<Merged, 'settled' | 'blocked'>> {
  const now = new Date();
  const inserts: HostDoc[] = [];
  const replaces: AnyBulkWriteOperation<HostDoc>[] = [];
  const standing = new Set<string>();
  for (const host of golden) {
    standing.add(host._id);
    const before = closure.hosts.get(host._id);
    if (!before) inserts.push({ ...host, version: 1, updated_at: now });
    else if (!sameHost(before, host)) {
      replaces.push({
        replaceOne: {
          filter: { _id: host._id },
          replacement: { ...host, version: before.version + 1, updated_at: now },
        },
      });
    }
  }
  const removed = [...closure.hosts.values()].filter((host) => !standing.has(host._id));
  if (removed.length > 0) {
    await store.hosts.deleteMany({ _id: { $in: removed.map((host) => host._id) } }, { session });
    await redirect(store, removed, golden, now, session);
  }
  if (inserts.length > 0) {
    await store.hosts.insertMany(inserts, { session, ordered: true });
    // An id that stands for a host again no longer points elsewhere.
    if (closure.hosts.size > 0)
      await store.redirects.deleteMany({ _id: { $in: inserts.map((host) => host._id) } }, { session });
  }
  if (replaces.length > 0) await store.hosts.bulkWrite(replaces, { session });
  return { created: inserts.length, changed: replaces.length, removed: removed.length };
}

function sameHost(before: HostDoc, after: GoldenHost): boolean {
  const { version: _version, updated_at: _updated, ...host } = before;
  return isDeepStrictEqual(host, { ...after });
}

/** Ids that stop standing for a host lead to the host that now holds their record. */
async function redirect(
  store: Store,
  removed: HostDoc[],
  golden: GoldenHost[],
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
