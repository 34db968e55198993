import { randomUUID } from 'node:crypto';
import { putAudit } from '../../store/collections/audit.js';
import type { Store } from '../../store/database.js';
import { mergeChanged } from '../../merge/drain.js';
import { eraseHistory, valuesOf } from './history.js';
import { removeRecords } from './records.js';
import { eraseRaw, type Redacting, type ErasedRaw } from './raw.js';
import { withRawLease } from '../../store/raw-lease.js';
import type { Subject } from './subject.js';

export interface EraseOptions {
  by: string;
  why: string;
  /** Counts without removing. */
  dryRun?: boolean;
}

/** What was removed, or would be removed in a dry run. */
export interface Erased extends ErasedRaw {
  records: number;
  logins: number;
  /** Number of removed hosts. */
  hosts: number;
  /** Number of hosts that remain, made of other records. */
  remaining: number;
  quarantined: number;
  decisions: number;
  changes: number;
  /** Records that could not be merged again without the erased ones. Their hosts may still show erased values. */
  aside?: number;
}

/**
 * Erases a subject: rows in raw pages, records, hosts, their former ids, history, quarantine, decisions, logins. Writes the
 * audit entry first, and removes last what identifies the subject, so that an interrupted call can be repeated. Hosts that have
 * other records are merged again without the erased records.
 */
export async function erase(
  store: Store,
  subject: Subject,
  redacting: Redacting,
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
  const raw = dryRun
    ? await eraseRaw(store, subject, redacting, true)
    : await withRawLease(store, 'rollcall erase', (lease) => eraseRaw(store, subject, redacting, false, lease));
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
  if (user !== undefined) return { ...counts, changes };
  const holder = `erase/${randomUUID()}`;
  await removeRecords(store, ids, holder);
  const { aside } = await mergeChanged(store, { holder, run: 'rollcall erase' });
  // The merge has just added history entries with the former values.
  changes += await eraseHistory(store, subject, values, false);
  return { ...counts, changes, ...(aside > 0 ? { aside } : {}) };
}

async function countHosts(store: Store, ids: string[]): Promise<{ hosts: number; remaining: number }> {
  const own = new Set(ids);
  const counts = { hosts: 0, remaining: 0 };
  for await (const { sources } of store.hosts.find({ 'sources.record': { $in: ids } }))
    counts[sources.every(({ record }) => own.has(record)) ? 'hosts' : 'remaining'] += 1;
  return counts;
}
