import type { AnyBulkWriteOperation, UpdateFilter } from 'mongodb';
import { seedRecordOf, hostId } from '../host/identity/seed-record.js';
import { contentHash, identityDigest } from '../host/hash.js';
import type { CompiledDenyLists } from '../host/canonical/deny-lists/index.js';
import { identityKeys } from '../host/identity/keys.js';
import { resolveAll } from '../host/identity/resolve.js';
import { identityProjection } from '../host/identity/projection.js';
import type { HostRecord } from '../host/types.js';
import type { Store } from '../store/database.js';
import { toHostRecord } from './records.js';
import type { RecordDoc } from '../store/documents/records.js';

/** How the hosts would change if all stored records were resolved by the current rules. */
export interface Preview {
  records: number;
  /** Records that would have other identity keys. */
  rekeyed: number;
  hosts: { before: number; after: number };
  /** Hosts that would be joined. */
  merged: { hosts: string[]; into: string }[];
  /** Hosts that would be split. */
  split: { host: string; into: string[] }[];
}

const BATCH = 1_000;

/**
 * Resolves all stored records by the current rules and compares the result with the stored hosts. Writes nothing. This is the
 * only function that keeps the whole inventory in memory: about 10 GB for a million machines.
 */
export async function previewMerge(store: Store, denyLists: CompiledDenyLists): Promise<Preview> {
  const hostOf = new Map<string, string>();
  const hosts = store.hosts.find({}, { projection: { 'sources.record': 1 } }).batchSize(BATCH);
  let before = 0;
  for await (const { _id, sources } of hosts) {
    before += 1;
    for (const { record } of sources) hostOf.set(record, _id);
  }
  const records: HostRecord[] = [];
  let rekeyed = 0;
  for await (const doc of store.records.find().batchSize(BATCH)) {
    const record = toHostRecord(doc);
    const keys = keysOf(record, denyLists);
    if (!sameKeys(keys, record.keys)) rekeyed += 1;
    records.push({ ...record, keys, observation: identityProjection(record.observation) });
  }
  const decisions = await store.decisions.find({ undone: { $exists: false } }).toArray();
  const { clusters } = resolveAll(records, decisions);
  return {
    records: records.length,
    rekeyed,
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

/**
 * Computes all records' keys by the current rules and marks every record as changed. Returns the number of records that
 * have other keys now.
 */
export async function reResolveAll(store: Store, denyLists: CompiledDenyLists): Promise<number> {
  let rekeyed = 0;
  let updates: AnyBulkWriteOperation<RecordDoc>[] = [];
  const write = async () => {
    if (updates.length > 0) await store.records.bulkWrite(updates, { ordered: false });
    updates = [];
  };
  for await (const doc of store.records.find().batchSize(BATCH)) {
    const record = toHostRecord(doc);
    const keys = keysOf(record, denyLists);
    if (!sameKeys(keys, doc.keys)) rekeyed += 1;
    const update = changeOf(doc, record, keys);
    updates.push({ updateOne: { filter: { _id: doc._id, hash: doc.hash }, update } });
    if (updates.length === BATCH) await write();
  }
  await write();
  return rekeyed;
}

function changeOf(doc: RecordDoc, { observation }: HostRecord, keys: string[]): UpdateFilter<RecordDoc> {
  const marks = { dirty: true, unresolved: true } as const;
  if (sameKeys(keys, doc.keys)) return { $set: marks };
  const lost = doc.keys.filter((key) => !keys.includes(key));
  const mapping = doc.hash.slice(0, doc.hash.indexOf('.'));
  const hash = `${mapping}.${contentHash(doc.observation, keys)}`;
  const identity = identityDigest(doc.vendor, observation, keys);
  return {
    $set: { keys, identity, hash, ...marks },
    ...(lost.length > 0 ? { $addToSet: { prior_keys: { $each: lost } } } : {}),
  };
}

function keysOf({ id, source, vendor, observation }: HostRecord, denyLists: CompiledDenyLists): string[] {
  return identityKeys(vendor, id.slice(source.length + 1), observation, denyLists);
}

const sameKeys = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((key, at) => key === b[at]);
