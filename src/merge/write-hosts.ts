import { ObjectId, type AnyBulkWriteOperation, type ClientSession } from 'mongodb';
import type { GoldenHost, HostAttributes } from '../host/golden/golden-host.js';
import { historyOf } from '../store/collections/changes.js';
import { differences, updateOf, type Difference } from '../store/collections/hosts.js';
import type { Store } from '../store/database.js';
import type { HostDoc } from '../store/documents/hosts.js';
import type { Merged } from './merged.js';

export interface ResolvedHosts {
  /** Hosts before the batch. */
  before: ReadonlyMap<string, HostAttributes>;
  /** Hosts that were resolved again. */
  golden: readonly GoldenHost[];
  /** Hosts with the same records and reasons as before, whose attributes may differ. */
  refreshed: readonly HostAttributes[];
}

/** Writes the hosts that differ, and their history. */
export async function writeHosts(
  store: Store,
  session: ClientSession,
  { before, golden, refreshed }: ResolvedHosts,
  run: string,
): Promise<Omit<Merged, 'records' | 'resolved'>> {
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
    // If an id belongs to a host again, its redirect must be removed.
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

/** Redirects the ids of removed hosts to the hosts that contain their records now. */
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
