import { putAudit } from './audit.js';
import type { Store } from './database.js';
import { mergeChanged } from './drain.js';
import { eraseHistory, valuesOf } from './erase-history.js';
import { eraseRaw, type Blotting, type ErasedRaw } from './erase-raw.js';
import type { Subject } from './erase-subject.js';
import type { RecordDoc } from './records.js';

export interface EraseOptions {
  by: string;
  why: string;
  /** Counts, and removes nothing. */
  dryRun?: boolean;
}

/** What was removed, or would be. */
export interface Erased extends ErasedRaw {
  records: number;
  logins: number;
  /** Hosts that are gone, and those that other records still make up. */
  hosts: number;
  remaining: number;
  quarantined: number;
  decisions: number;
  changes: number;
}

/** A key that so many others hold says nothing of one. */
const MOST_NEIGHBOURS = 200;

/**
 * Erases a subject: rows in raw pages, records, hosts, ids that led to them, history, quarantine, decisions, logins. The audit
 * entry comes first, what the subject is found by goes last: cut short, it can be done again. Hosts that other records make up
 * are merged anew without the erased ones.
 */
export async function erase(
  store: Store,
  subject: Subject,
  blotting: Blotting,
  { by, why, dryRun = false }: EraseOptions,
): Promise<Erased> {
  const { ids, hosts, user } = subject;
  const records = await store.records.find({ _id: { $in: ids } }).toArray();
  if (!dryRun) {
    const collection = user === undefined ? 'records' : 'logins';
    const of = hosts.length > 0 ? { of: hosts } : {};
    await putAudit(store, { by, action: 'erase', why, count: ids.length, collection, ...of });
  }
  const values = valuesOf(records);
  const raw = await eraseRaw(store, subject, blotting, dryRun);
  const entries = { _id: { $in: ids } };
  const counts = {
    ...raw,
    records: records.length,
    logins: user === undefined ? 0 : ids.length,
    quarantined: await store.quarantine.countDocuments(entries),
    decisions: await store.decisions.countDocuments({ records: { $in: ids } }),
    ...(await countHosts(store, ids)),
  };
  if (dryRun) return { ...counts, changes: await eraseHistory(store, subject, values, true) };
  await store.quarantine.deleteMany(entries);
  if (user !== undefined) await store.logins.deleteMany({ user_id: user });
  let changes = await eraseHistory(store, subject, values, false);
  await removeRecords(store, ids, records);
  await mergeChanged(store, { holder: `erase-${process.pid}`, run: 'erase' });
  // The merge has just told what it was before.
  changes += await eraseHistory(store, subject, values, false);
  return { ...counts, changes };
}

async function countHosts(store: Store, ids: string[]): Promise<{ hosts: number; remaining: number }> {
  const own = new Set(ids);
  const counts = { hosts: 0, remaining: 0 };
  for await (const { sources } of store.hosts.find({ 'sources.record': { $in: ids } }))
    counts[sources.every(({ record }) => own.has(record)) ? 'hosts' : 'remaining'] += 1;
  return counts;
}

/** In one transaction: records are there, and in a host, or neither. What shares something with them is merged anew. */
async function removeRecords(store: Store, ids: string[], records: readonly RecordDoc[]): Promise<void> {
  const own = new Set(ids);
  const keys = [...new Set(records.flatMap((record) => [...record.keys, ...(record.prior_keys ?? [])]))];
  await store.client.withSession((session) =>
    session.withTransaction(
      async () => {
        const within = { session };
        const affected = new Set<string>();
        const gone: string[] = [];
        for (const { _id, sources } of await store.hosts.find({ 'sources.record': { $in: ids } }, within).toArray()) {
          const others = sources.filter(({ record }) => !own.has(record));
          if (others.length === 0) gone.push(_id);
          for (const { record } of others) affected.add(record);
        }
        for (const { records: pair } of await store.decisions.find({ records: { $in: ids } }, within).toArray())
          for (const record of pair) affected.add(record);
        for (const key of keys) {
          const found = store.records.find({ keys: key, _id: { $nin: ids } }, { ...within, projection: { _id: 1 } });
          const holders = await found.limit(MOST_NEIGHBOURS + 1).toArray();
          if (holders.length === 0) await store.keyStates.deleteOne({ _id: key }, within);
          if (holders.length <= MOST_NEIGHBOURS) for (const { _id } of holders) affected.add(_id);
        }
        await store.hosts.deleteMany({ _id: { $in: gone } }, within);
        await store.redirects.deleteMany({ $or: [{ _id: { $in: gone } }, { to: { $in: gone } }] }, within);
        await store.decisions.deleteMany({ records: { $in: ids } }, within);
        await store.records.deleteMany({ _id: { $in: ids } }, within);
        const merge = { $set: { dirty: true as const, unresolved: true as const } };
        await store.records.updateMany({ _id: { $in: [...affected] } }, merge, within);
      },
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } },
    ),
  );
}
