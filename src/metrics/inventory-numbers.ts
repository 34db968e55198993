import type { Store } from '../store/database.js';
import { countWaiting } from '../store/collections/alerts.js';
import { countAside } from '../merge/set-aside.js';
import { countUnmerged } from '../store/changed-records.js';

/** Numbers of the inventory that are cheap to query. */
export interface InventoryNumbers {
  hosts: { live: number; retired: number };
  /** Changed records that wait to be merged. */
  waiting: number;
  /** Records that could not be merged. */
  aside: number;
  quarantine: { source: string; reason: string; rows: number }[];
  sources: { source: string; completeAt?: Date; parked: boolean }[];
  /** Alerts that the webhook has not accepted yet. */
  alerts: number;
  /** Bytes of the database; `used` and `total` of the file system are unknown behind a mongos. */
  disk: { data: number; indexes: number; used?: number; total?: number };
}

/** Time limit of each query. */
const MOST_MS = 5_000;

/** Reads indexes and MongoDB's own counters, preferably from a secondary: the numbers may be slightly old. */
export async function inventoryNumbers(store: Store): Promise<InventoryNumbers> {
  const quick = { maxTimeMS: MOST_MS, readPreference: 'secondaryPreferred' as const };
  const [all, retired, waiting, aside, quarantine, sources, alerts, stats] = await Promise.all([
    store.hosts.estimatedDocumentCount(quick),
    store.hosts.countDocuments({ retired: true }, quick),
    countUnmerged(store, quick),
    countAside(store),
    store.quarantine
      .aggregate<{ _id: { source: string; reason: string }; rows: number }>(
        [
          { $sort: { source: 1, reason: 1 } },
          { $group: { _id: { source: '$source', reason: '$reason' }, rows: { $sum: 1 } } },
        ],
        quick,
      )
      .toArray(),
    store.sources.find({}, quick).toArray(),
    countWaiting(store),
    store.db.command({ dbStats: 1 }, { readPreference: 'primary' }) as Promise<Record<string, number>>,
  ]);
  return {
    hosts: { live: all - retired, retired },
    waiting,
    aside,
    quarantine: quarantine.map(({ _id: { source, reason }, rows }) => ({ source, reason, rows })),
    sources: sources.map(({ _id, last_complete, parked }) => ({
      source: _id,
      ...(last_complete ? { completeAt: last_complete.at } : {}),
      parked: parked !== undefined,
    })),
    alerts,
    disk: {
      data: stats['storageSize'] ?? 0,
      indexes: stats['indexSize'] ?? 0,
      ...(stats['fsTotalSize'] ? { used: stats['fsUsedSize'] ?? 0, total: stats['fsTotalSize'] } : {}),
    },
  };
}
