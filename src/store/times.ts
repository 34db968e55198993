import type { AnyBulkWriteOperation } from 'mongodb';
import { isLater } from './clock.js';
import { lastSeenWeek } from '../host/identity/active-interval.js';
import { STALE_AFTER_MS } from '../host/golden/survivorship-rules.js';
import type { HostSource } from '../host/golden/golden-host.js';
import type { Store } from './database.js';
import type { HostDoc } from './documents/hosts.js';
import type { RecordDoc } from './documents/records.js';

/** Times that vendors move at every check-in; they are not content. */
export interface Times {
  last_seen_time?: Date;
  modified_time?: Date;
  boot_time?: Date;
}

const FIELDS = ['last_seen_time', 'modified_time', 'boot_time'] as const;

/** The times of `after` that are later than what is known, or `undefined` when none is (or the page is an old one). */
export function timesMoved(
  observedAt: Date,
  known: { observed_at: Date; observation: { device: Times } },
  after: Times,
  now: Date,
): Times | undefined {
  if (isLater(known.observed_at, observedAt, now)) return undefined;
  const before = known.observation.device;
  const moved: Times = {};
  for (const field of FIELDS) {
    const time = after[field];
    if (time && (before[field] === undefined || time > before[field])) moved[field] = time;
  }
  return Object.keys(moved).length > 0 ? moved : undefined;
}

/** A record whose times move. */
export interface Touched {
  id: string;
  times: Times;
  /** It was last seen in another week: resolution knows the difference, see `lastSeenWeek`. */
  anotherWeek: boolean;
}

/** Whether resolution would notice that a record was last seen at another time. */
export function isAnotherWeek(before: Date | undefined, after: Date | undefined): boolean {
  if (!after) return false;
  return before === undefined || lastSeenWeek(before) !== lastSeenWeek(after);
}

/**
 * Moves times alone: no hash changes. Hosts follow in the same transaction, so that "last seen" is the same on both whatever
 * is killed when, and a merge under way notices. Only where the time decides something (which record is the freshest of its
 * host, who was alive together) is there something to merge.
 */
export async function touchTimes(store: Store, touched: readonly Touched[]): Promise<void> {
  if (touched.length === 0) return;
  await store.client.withSession((session) =>
    session.withTransaction(async () => {
      const ids = touched.map(({ id }) => id);
      const known = await store.hosts
        .find({ 'sources.record': { $in: ids } }, { session, projection: { sources: 1 } })
        .batchSize(10_000)
        .toArray();
      const moved = new Map(touched.map(({ id, times }) => [id, times.last_seen_time]));
      const decisive = new Set<string>();
      for (const { sources } of known)
        if (rankMoves(sources, moved)) for (const { record } of sources) if (moved.has(record)) decisive.add(record);
      const { records, hosts } = updatesOf(touched, decisive);
      await store.records.bulkWrite(records, { ordered: false, session });
      await store.hosts.bulkWrite(hosts, { ordered: false, session });
    }),
  );
}

const RESOLVE = { $set: { dirty: true, unresolved: true } } as const;

function updatesOf(touched: readonly Touched[], decisive: ReadonlySet<string>) {
  const records: AnyBulkWriteOperation<RecordDoc>[] = [];
  const hosts: AnyBulkWriteOperation<HostDoc>[] = [];
  for (const { id, times, anotherWeek } of touched) {
    const moved = Object.entries(times) as [string, Date][];
    const onRecord = Object.fromEntries(moved.map(([field, time]) => [`observation.device.${field}`, time]));
    const onHost = Object.fromEntries(moved.map(([field, time]) => [`device.${field}`, time]));
    if (times.last_seen_time) onHost['last_seen'] = onHost['sources.$.last_seen'] = times.last_seen_time;
    const merge = anotherWeek ? RESOLVE : decisive.has(id) ? { $set: { dirty: true as const } } : {};
    records.push({ updateOne: { filter: { _id: id }, update: { $max: onRecord, ...merge } } });
    hosts.push({ updateOne: { filter: { 'sources.record': id }, update: { $max: onHost } } });
  }
  return { records, hosts };
}

/** Whether another record is the freshest by then, or one has become too old to keep its place in a rule's order. */
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
