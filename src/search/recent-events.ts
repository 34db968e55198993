import { recentChanges, type ChangeQuery } from '../store/collections/changes.js';
import type { ChangeDoc } from '../store/documents/changes.js';
import type { Store } from '../store/database.js';

export type EventKind = ChangeDoc['kind'] | 'created';
export const EVENT_KINDS: readonly EventKind[] = [
  'created',
  'changed',
  'renamed',
  'merged',
  'moved',
  'split',
  'retired',
  'returned',
];

/** An event of a host: an entry of its history, or its creation. */
export interface HostEvent extends Pick<ChangeDoc, 'host' | 'at' | 'run' | 'others' | 'fields'> {
  kind: EventKind;
  /** The host's current name; absent if it has none or no longer exists. */
  hostname?: string;
}

/** Events of hosts, creations included, the latest first. Requires an index of `prepareSearch`. */
export async function recentEvents(
  store: Store,
  { kinds = EVENT_KINDS, ...query }: Omit<ChangeQuery, 'kinds'> & { kinds?: readonly EventKind[] },
): Promise<HostEvent[]> {
  const changed = kinds.filter((kind) => kind !== 'created');
  const [changes, created] = await Promise.all([
    changed.length > 0 ? recentChanges(store, { ...query, kinds: changed }) : [],
    kinds.includes('created') ? createdHosts(store, query) : [],
  ]);
  const events: HostEvent[] = [...changes.map(({ _id, ...change }) => change), ...created];
  // The sort is stable, and both lists have the latest first, so equal times keep their order.
  const latest = events.sort((a, b) => b.at.getTime() - a.at.getTime()).slice(0, query.limit);
  const names = await namesOf(store, [...new Set(latest.map(({ host }) => host))]);
  return latest.map((event) => {
    const hostname = event.hostname ?? names.get(event.host);
    return hostname === undefined ? event : { ...event, hostname };
  });
}

async function createdHosts(
  store: Store,
  { since, host, limit, maxTimeMs }: Omit<ChangeQuery, 'kinds'>,
): Promise<HostEvent[]> {
  const hosts = await store.hosts
    .find(
      { 'created.at': { $gte: since }, ...(host === undefined ? {} : { _id: host }) },
      { projection: { created: 1 }, maxTimeMS: maxTimeMs },
    )
    .sort({ 'created.at': -1 })
    .limit(limit)
    .toArray();
  return hosts.map(({ _id, created }) => ({ host: _id, kind: 'created', at: created.at, run: created.run }));
}

async function namesOf(store: Store, ids: readonly string[]): Promise<Map<string, string>> {
  const hosts = await store.hosts.find({ _id: { $in: [...ids] } }, { projection: { 'device.hostname': 1 } }).toArray();
  return new Map(hosts.flatMap(({ _id, device }) => (device?.hostname === undefined ? [] : [[_id, device.hostname]])));
}
