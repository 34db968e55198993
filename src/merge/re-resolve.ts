import type { AnyBulkWriteOperation, UpdateFilter } from 'mongodb';
import { seedRecordOf, hostId } from '../host/identity/seed-record.js';
import { contentHash, identityDigest } from '../host/hash.js';
import type { Junk } from '../host/canonical/deny-lists/index.js';
import { identityKeys } from '../host/identity/keys.js';
import { resolveAll } from '../host/identity/resolve.js';
import { identityProjection } from '../host/identity/projection.js';
import type { HostRecord } from '../host/types.js';
import type { Store } from '../store/database.js';
import { toHostRecord } from './records.js';
import type { RecordDoc } from '../store/documents/records.js';

/** What resolving all stored records by the present rules would make of the hosts. */
export interface Preview {
  records: number;
  /** Records that would claim other keys. */
  reclaimed: number;
  hosts: { before: number; after: number };
  /** Hosts that would be one. */
  merged: { hosts: string[]; into: string }[];
  /** Hosts that would come apart. */
  split: { host: string; into: string[] }[];
}

const BATCH = 1_000;

/**
 * Resolves all stored records by the present rules and compares; writes nothing. The one way in which the whole inventory is
 * held in memory: about 10 GB for a million machines.
 */
export async function previewMerge(store: Store, junk: Junk): Promise<Preview> {
  const hostOf = new Map<string, string>();
  const hosts = store.hosts.find({}, { projection: { 'sources.record': 1 } }).batchSize(BATCH);
  let before = 0;
  for await (const { _id, sources } of hosts) {
    before += 1;
    for (const { record } of sources) hostOf.set(record, _id);
  }
  const records: HostRecord[] = [];
  let reclaimed = 0;
  for await (const doc of store.records.find().batchSize(BATCH)) {
    const record = toHostRecord(doc);
    const keys = claimed(doc, junk);
    if (!sameKeys(keys, record.keys)) reclaimed += 1;
    records.push({ ...record, keys, observation: identityProjection(record.observation) });
  }
  const decisions = await store.decisions.find({ undone: { $exists: false } }).toArray();
  const { clusters } = resolveAll(records, decisions);
  return {
    records: records.length,
    reclaimed,
    hosts: { before, after: clusters.length },
    ...compare(records, clusters, hostOf),
  };
}

function compare(
  records: readonly HostRecord[],
  clusters: readonly { members: readonly string[] }[],
  hostOf: ReadonlyMap<string, string>,
): Pick<Preview, 'merged' | 'split'> {
  const recordOf = new Map(records.map((record) => [record.id, record]));
  const merged: Preview['merged'] = [];
  const parts = new Map<string, string[]>();
  for (const { members } of clusters) {
    const into = hostId(seedRecordOf(members.map((id) => recordOf.get(id)!)).id);
    const origins = new Set(members.flatMap((id) => hostOf.get(id) ?? []));
    if (origins.size > 1) merged.push({ hosts: [...origins].sort(), into });
    for (const host of origins) parts.set(host, [...(parts.get(host) ?? []), into]);
  }
  const split = [...parts].filter(([, into]) => into.length > 1).map(([host, into]) => ({ host, into: into.sort() }));
  return { merged, split };
}

/** Claims all records' keys by the present rules and hands every record to the merge. Returns how many claim other keys. */
export async function reResolveAll(store: Store, junk: Junk): Promise<number> {
  let reclaimed = 0;
  let updates: AnyBulkWriteOperation<RecordDoc>[] = [];
  const write = async () => {
    if (updates.length > 0) await store.records.bulkWrite(updates, { ordered: false });
    updates = [];
  };
  for await (const doc of store.records.find().batchSize(BATCH)) {
    const keys = claimed(doc, junk);
    if (!sameKeys(keys, doc.keys)) reclaimed += 1;
    updates.push({ updateOne: { filter: { _id: doc._id, hash: doc.hash }, update: changeOf(doc, keys) } });
    if (updates.length === BATCH) await write();
  }
  await write();
  return reclaimed;
}

function changeOf(doc: RecordDoc, keys: string[]): UpdateFilter<RecordDoc> {
  const merge = { dirty: true, unresolved: true } as const;
  if (sameKeys(keys, doc.keys)) return { $set: merge };
  const lost = doc.keys.filter((key) => !keys.includes(key));
  const mapping = doc.hash.slice(0, doc.hash.indexOf('.'));
  const hash = `${mapping}.${contentHash(doc.observation, keys)}`;
  const identity = identityDigest(doc.vendor, doc.observation, keys);
  return {
    $set: { keys, identity, hash, ...merge },
    ...(lost.length > 0 ? { $addToSet: { prior_keys: { $each: lost } } } : {}),
  };
}

function claimed({ _id, source, vendor, observation }: RecordDoc, junk: Junk): string[] {
  return identityKeys(vendor, _id.slice(source.length + 1), observation, junk);
}

const sameKeys = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((key, at) => key === b[at]);
