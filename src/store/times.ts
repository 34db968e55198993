import type { AnyBulkWriteOperation } from 'mongodb';
import type { Store } from './database.js';
import type { HostDoc } from './hosts.js';
import type { RecordDoc } from './records.js';

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
): Times | undefined {
  if (known.observed_at > observedAt) return undefined;
  const before = known.observation.device;
  const moved: Times = {};
  for (const field of FIELDS) {
    const time = after[field];
    if (time && (before[field] === undefined || time > before[field])) moved[field] = time;
  }
  return Object.keys(moved).length > 0 ? moved : undefined;
}

/**
 * Moves times alone: no hash changes, nothing to merge. Hosts follow in the same transaction, so that "last seen" is the
 * same on both whatever is killed when, and a merge under way notices.
 */
export async function touchTimes(store: Store, touched: { id: string; times: Times }[]): Promise<void> {
  if (touched.length === 0) return;
  const records: AnyBulkWriteOperation<RecordDoc>[] = [];
  const hosts: AnyBulkWriteOperation<HostDoc>[] = [];
  for (const { id, times } of touched) {
    const moved = Object.entries(times) as [string, Date][];
    const onRecord = Object.fromEntries(moved.map(([field, time]) => [`observation.device.${field}`, time]));
    const onHost = Object.fromEntries(moved.map(([field, time]) => [`device.${field}`, time]));
    if (times.last_seen_time) onHost['last_seen'] = onHost['sources.$.last_seen'] = times.last_seen_time;
    records.push({ updateOne: { filter: { _id: id }, update: { $max: onRecord } } });
    hosts.push({ updateOne: { filter: { 'sources.record': id }, update: { $max: onHost } } });
  }
  await store.client.withSession((session) =>
    session.withTransaction(async () => {
      await store.records.bulkWrite(records, { ordered: false, session });
      await store.hosts.bulkWrite(hosts, { ordered: false, session });
    }),
  );
}
