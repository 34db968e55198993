import { inTransaction } from './transaction.js';
import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import { isLater } from './clock.js';
import { lastSeenWeek } from '../host/identity/active-interval.js';
import { STALE_AFTER_MS } from '../host/golden/survivorship-rules.js';
import type { HostSource } from '../host/golden/golden-host.js';
import type { Store } from './database.js';
import type { HostDoc } from './documents/hosts.js';
import type { RecordDoc, Times } from './documents/records.js';
import { VOLATILE_DEVICE_FIELDS } from '../host/types.js';

/**
 * The times of `after` that are later than the stored ones; `undefined` when no time is later, or when the page is older than
 * the record.
 */
export function timesMoved(
  observedAt: Date,
  known: Pick<RecordDoc, 'observed_at' | 'times'>,
  after: Times,
  now: Date,
): Times | undefined {
  if (isLater(known.observed_at, observedAt, now)) return undefined;
  const before = known.times;
  const moved: Times = {};
  for (const field of VOLATILE_DEVICE_FIELDS) {
    const time = after[field];
    if (time && (before[field] === undefined || time > before[field])) moved[field] = time;
  }
  return Object.keys(moved).length > 0 ? moved : undefined;
}

/** A record whose times change. */
export interface MovedTimes {
  id: string;
  times: Times;
  /** The time last seen moved to another week, which identity resolution uses, see `lastSeenWeek`. */
  anotherWeek: boolean;
}

/** Whether the time last seen moved to another week, which identity resolution uses. */
export function isAnotherWeek(before: Date | undefined, after: Date | undefined): boolean {
  if (!after) return false;
  return before === undefined || lastSeenWeek(before) !== lastSeenWeek(after);
}

/**
 * Updates times only; no hash changes. Hosts are updated in the same transaction, so that a crash cannot leave records and
 * hosts with different times, and a concurrent merge gets a write conflict. A record is marked as changed only if the merge
 * uses the new time: to find the freshest record of a host, or the records that were active at the same time.
 */
export async function touchTimes(store: Store, moves: readonly MovedTimes[]): Promise<void> {
  if (moves.length === 0) return;
  await inTransaction(store, async (session) => {
    const ids = moves.map(({ id }) => id);
    const known = await store.hosts
      .find({ 'sources.record': { $in: ids } }, { session, projection: { sources: 1 } })
      .batchSize(10_000)
      .toArray();
    const moved = new Map(moves.map(({ id, times }) => [id, times.last_seen_time]));
    // A record without a host is being merged for the first time, maybe with its old times.
    const decisive = new Set(ids);
    for (const { sources } of known) {
      const ranks = rankMoves(sources, moved);
      for (const { record } of sources) if (!ranks) decisive.delete(record);
    }
    await withoutAside(store, session, decisive);
    const { records, hosts } = updatesOf(moves, decisive);
    await store.records.bulkWrite(records, { ordered: false, session });
    await store.hosts.bulkWrite(hosts, { ordered: false, session });
  });
}

/** Removes the records that were set aside, which wait for another change. */
async function withoutAside(store: Store, session: ClientSession, records: Set<string>): Promise<void> {
  if (records.size === 0) return;
  const aside = { _id: { $in: [...records] }, set_aside: { $exists: true } };
  const found = await store.records.find(aside, { session, projection: { _id: 1 } }).toArray();
  for (const { _id } of found) records.delete(_id);
}

const RESOLVE = { $set: { dirty: true, unresolved: true } } as const;

function updatesOf(moves: readonly MovedTimes[], decisive: ReadonlySet<string>) {
  const records: AnyBulkWriteOperation<RecordDoc>[] = [];
  const hosts: AnyBulkWriteOperation<HostDoc>[] = [];
  for (const { id, times, anotherWeek } of moves) {
    const moved = Object.entries(times) as [string, Date][];
    const onRecord = Object.fromEntries(moved.map(([field, time]) => [`times.${field}`, time]));
    const onHost = Object.fromEntries(moved.map(([field, time]) => [`device.${field}`, time]));
    if (times.last_seen_time) onHost['last_seen'] = onHost['sources.$.last_seen'] = times.last_seen_time;
    const merge = anotherWeek ? RESOLVE : decisive.has(id) ? { $set: { dirty: true as const } } : {};
    records.push({ updateOne: { filter: { _id: id }, update: { $max: onRecord, ...merge } } });
    hosts.push({ updateOne: { filter: { 'sources.record': id }, update: { $max: onHost } } });
  }
  return { records, hosts };
}

/**
 * Whether the new times change the order of the host's records by freshness, or make a record too old for its rank in a
 * survivorship rule.
 */
function rankMoves(sources: readonly HostSource[], moved: ReadonlyMap<string, Date | undefined>): boolean {
  if (sources.length === 1) return false;
  const before = sources.map((source) => ({ source, at: source.last_seen?.getTime() ?? 0 }));
  const after = before.map(({ source, at }) => ({
    source,
    at: Math.max(at, moved.get(source.record)?.getTime() ?? 0),
  }));
  return signature(before) !== signature(after);
}

function signature(seen: { source: HostSource; at: number }[]): string {
  const ranked = seen.sort((a, b) => b.at - a.at || (a.source.record < b.source.record ? -1 : 1));
  const stale = ranked.flatMap((older, at) =>
    ranked.slice(0, at).map(({ at: time }) => older.at < time - STALE_AFTER_MS),
  );
  return `${ranked.map(({ source }) => source.record).join('\n')}\n${stale.map(Number).join('')}`;
}
