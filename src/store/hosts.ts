import type { IndexDescription } from 'mongodb';
import type { GoldenHost } from '../host/types.js';
import type { Store } from './database.js';

/** The golden record of one machine. */
export type HostDoc = GoldenHost & {
  /** Raised at each rewrite. */
  version: number;
  updated_at: Date;
};

/** An id that no longer stands for a host, and the host that took its place. */
export interface RedirectDoc {
  _id: string;
  to: string;
  at: Date;
}

export const hostIndexes: IndexDescription[] = [
  { key: { 'sources.record': 1 } },
  { key: { 'reasons.keys': 1 } },
  { key: { 'device.hostname': 1 } },
  { key: { last_seen: -1 } },
  { key: { retired: 1 }, partialFilterExpression: { retired: true } },
];

/** Hosts that at least one source still lists. Counted over indexes, exactly. */
export async function countLiveHosts(store: Store): Promise<number> {
  const [all, retired] = await Promise.all([
    store.hosts.countDocuments({}, { hint: { _id: 1 } }),
    store.hosts.countDocuments({ retired: true }),
  ]);
  return all - retired;
}
