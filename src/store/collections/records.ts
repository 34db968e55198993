import type { RecordDoc } from '../documents/records.js';
import type { AnyBulkWriteOperation, ClientSession, MongoBulkWriteError } from 'mongodb';
import { isLater } from '../clock.js';
import type { Store } from '../database.js';
import { isAnotherWeek, timesMoved, touchTimes, type MovedTimes } from '../times.js';

/** A row of a page as a record, ready to be stored. */
export type NormalizedRecord = Pick<RecordDoc, '_id' | 'row' | 'observation' | 'times' | 'keys' | 'identity' | 'hash'>;

/** The page of a batch of records. */
export interface Origin {
  source: string;
  vendor: string;
  page: string;
  run: string;
  observedAt: Date;
}

export interface Outcome {
  new: number;
  changed: number;
  unchanged: number;
}

type Known = Pick<
  RecordDoc,
  | '_id'
  | 'identity'
  | 'hash'
  | 'observed_at'
  | 'page'
  | 'run'
  | 'created_run'
  | 'created_page'
  | 'gone_at'
  | 'keys'
  | 'times'
>;

const KNOWN = {
  identity: 1,
  hash: 1,
  observed_at: 1,
  page: 1,
  run: 1,
  created_run: 1,
  created_page: 1,
  gone_at: 1,
  keys: 1,
  times: 1,
} as const;

/**
 * Stores one page's records, each at most once. Inserts new ones, replaces changed ones (and marks both for the merge), and
 * of unchanged ones updates at most the times. Can be repeated: records that an earlier attempt at this page wrote count as new
 * or changed again. `records` must not have the same `_id` twice. If `known` is `false`, records are inserted without a lookup
 * first.
 */
export async function putRecords(
  store: Store,
  origin: Origin,
  records: readonly NormalizedRecord[],
  known = true,
): Promise<Outcome> {
  const outcome: Outcome = { new: 0, changed: 0, unchanged: 0 };
  const now = await store.clock.now();
  let open = records;
  // Records that another activity changes between the read and the write of this function are tried again.
  for (let round = 0; open.length > 0; round += 1) {
    if (round === 10) throw new Error(`Records of page ${origin.page} keep being changed by another process`);
    open = await putRound(store, origin, open, outcome, { lookUp: known || round > 0, now });
  }
  return outcome;
}

/** Inserts records that no merge looks for by their marks: the caller marks their page in the same transaction. */
export async function insertUnmarked(
  store: Store,
  session: ClientSession,
  origin: Origin,
  records: readonly NormalizedRecord[],
): Promise<void> {
  await store.records.insertMany(
    records.map((record) => asStored(origin, record)),
    { session },
  );
}

async function putRound(
  store: Store,
  origin: Origin,
  records: readonly NormalizedRecord[],
  outcome: Outcome,
  { lookUp, now }: { lookUp: boolean; now: Date },
): Promise<NormalizedRecord[]> {
  const known = lookUp ? await knownOf(store, records) : new Map<string, Known>();

  const inserts: RecordDoc[] = [];
  const inserted: NormalizedRecord[] = [];
  const updates: AnyBulkWriteOperation<RecordDoc>[] = [];
  const updated: string[] = [];
  const moves: MovedTimes[] = [];
  for (const record of records) {
    const existing = known.get(record._id);
    if (!existing) {
      inserts.push({ ...asStored(origin, record), dirty: true, unresolved: true });
      inserted.push(record);
    } else if (existing.hash === record.hash && existing.gone_at === undefined) {
      countKnown(origin, existing, outcome);
      const times = timesMoved(origin.observedAt, existing, record.times, now);
      if (times) {
        const anotherWeek = isAnotherWeek(existing.times.last_seen_time, times.last_seen_time);
        moves.push({ id: record._id, times, anotherWeek });
      }
    } else if (isLater(existing.observed_at, origin.observedAt, now)) {
      outcome.unchanged += 1;
    } else {
      updates.push({
        updateOne: {
          filter: { _id: record._id, hash: existing.hash, observed_at: existing.observed_at },
          update: change(origin, existing, record),
        },
      });
      updated.push(record._id);
    }
  }

  const [again, lost] = await Promise.all([
    insertAll(store, inserts, inserted),
    updateAll(store, updates, updated),
    touchTimes(store, moves),
  ]);
  outcome.new += inserts.length - again.length;
  outcome.changed += updates.length - lost.size;
  return lost.size === 0 ? again : [...again, ...records.filter((record) => lost.has(record._id))];
}

async function knownOf(store: Store, records: readonly NormalizedRecord[]): Promise<Map<string, Known>> {
  const found = await store.records
    .find<Known>({ _id: { $in: records.map(({ _id }) => _id) } }, { projection: KNOWN })
    .batchSize(10_000)
    .toArray();
  return new Map(found.map((record) => [record._id, record]));
}

function asStored(origin: Origin, record: NormalizedRecord): RecordDoc {
  return {
    _id: record._id,
    source: origin.source,
    vendor: origin.vendor,
    observation: record.observation,
    times: record.times,
    keys: record.keys,
    identity: record.identity,
    hash: record.hash,
    page: origin.page,
    row: record.row,
    observed_at: origin.observedAt,
    run: origin.run,
    created_run: origin.run,
    created_page: origin.page,
  };
}

function change(origin: Origin, existing: Known, record: NormalizedRecord) {
  const kept = new Set(record.keys);
  const lost = existing.keys.filter((key) => !kept.has(key));
  return {
    $set: {
      observation: record.observation,
      times: record.times,
      keys: record.keys,
      identity: record.identity,
      hash: record.hash,
      page: origin.page,
      row: record.row,
      observed_at: origin.observedAt,
      run: origin.run,
      dirty: true as const,
      ...(existing.identity === record.identity ? {} : { unresolved: true as const }),
    },
    ...(lost.length > 0 ? { $addToSet: { prior_keys: { $each: lost } } } : {}),
    $unset: { gone_at: true as const },
  };
}

/** Counts a stored record. If an earlier attempt at the same page of the same run wrote it, it counts as new or changed again. */
function countKnown(origin: Origin, existing: Known, outcome: Outcome): void {
  if (existing.page !== origin.page || existing.run !== origin.run) outcome.unchanged += 1;
  else if (existing.created_page === origin.page && existing.created_run === origin.run) outcome.new += 1;
  else outcome.changed += 1;
}

/** Inserts records, and returns those that another process inserted first. */
async function insertAll(store: Store, docs: RecordDoc[], from: NormalizedRecord[]): Promise<NormalizedRecord[]> {
  if (docs.length === 0) return [];
  try {
    await store.records.insertMany(docs, { ordered: false });
    return [];
  } catch (error) {
    const { writeErrors, result } = error as Partial<MongoBulkWriteError>;
    const list = Array.isArray(writeErrors) ? writeErrors : writeErrors ? [writeErrors] : [];
    // A write concern error can come together with duplicates: then the writes are not acknowledged by a majority.
    if (list.length === 0 || result?.getWriteConcernError() !== undefined) throw error;
    if (list.some((failure) => failure.code !== 11000)) throw error;
    return list.map((failure) => from[failure.index]!);
  }
}

/** Applies optimistic updates. If a record has changed in between, returns all ids, otherwise none. */
async function updateAll(
  store: Store,
  operations: AnyBulkWriteOperation<RecordDoc>[],
  ids: string[],
): Promise<Set<string>> {
  if (operations.length === 0) return new Set();
  const result = await store.records.bulkWrite(operations, { ordered: false });
  if (result.matchedCount === operations.length) return new Set();
  // MongoDB does not report which updates did not match, so all are tried again. The records whose updates did match count as
  // written by this page.
  return new Set(ids);
}
