import { randomUUID } from 'node:crypto';
import { putAudit } from '../../store/collections/audit.js';
import type { Store } from '../../store/database.js';
import { mergeChanged } from '../../merge/drain.js';
import { eraseHistory, valuesOf } from './history.js';
import { removeRecords } from './records.js';
import { eraseRaw, type Redacting, type ErasedRaw } from './raw.js';
import { claimingRaw } from '../../store/raw-claim.js';
import type { Subject } from './subject.js';

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
  /** Records that could not be merged without the erased ones: their hosts may still show values of these. */
  aside?: number;
}

/**
 * Erases a subject: rows in raw pages, records, hosts, ids that led to them, history, quarantine, decisions, logins. The audit
 * entry comes first, what the subject is found by goes last: cut short, it can be done again. Hosts that other records make up
 * are merged anew without the erased ones.
 */
export async function erase(
  store: Store,
  subject: Subject,
  blotting: Redacting,
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
    ? await eraseRaw(store, subject, blotting, true)
    : await claimingRaw(store, 'rollcall erase', (claim) => eraseRaw(store, subject, blotting, false, claim));
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
  // The merge has just told what it was before.
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
