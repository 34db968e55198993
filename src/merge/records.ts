import type { ClientSession } from 'mongodb';
import type { HostRecord } from '../host/types.js';
import type { Store } from '../store/database.js';
import { readObservation } from '../store/stored-observation.js';
import type { RecordDoc } from '../store/documents/records.js';

/** The fields of a record that merging reads: all except where and when it was received. */
export type MergeRecord = Omit<RecordDoc, keyof typeof NOT_MERGED>;

const NOT_MERGED = {
  identity: 0,
  hash: 0,
  page: 0,
  row: 0,
  observed_at: 0,
  run: 0,
  created_run: 0,
  created_page: 0,
} as const satisfies Partial<Record<keyof RecordDoc, 0>>;

/** Options for every query with which merging reads records. */
export const asMerged = (session: ClientSession) => ({ session, projection: NOT_MERGED });

/** Records by id, in any order. */
export function findRecords(store: Store, session: ClientSession, ids: readonly string[]): Promise<MergeRecord[]> {
  return store.records
    .find<MergeRecord>({ _id: { $in: [...ids] } }, asMerged(session))
    .batchSize(1_000)
    .toArray();
}

/** Converts a stored record to the form that identity resolution and survivorship use. */
export function toHostRecord(doc: MergeRecord): HostRecord {
  return {
    id: doc._id,
    source: doc.source,
    vendor: doc.vendor,
    observation: readObservation(doc),
    keys: doc.keys,
    gone: doc.gone_at !== undefined,
  };
}
