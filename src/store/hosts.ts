import { isDeepStrictEqual } from 'node:util';
import type { IndexDescription, UpdateFilter } from 'mongodb';
import type { GoldenHost } from '../host/types.js';
import type { Store } from './database.js';

/** The golden record of one machine. */
export type HostDoc = GoldenHost & {
  /** When it first stood, and the run that brought it about. */
  created: { at: Date; run: string };
  /** Raised at each rewrite. */
  version: number;
  updated_at: Date;
};

const OWN = new Set(['_id', 'device', 'created', 'version', 'updated_at']);

/**
 * What makes `known` into `host`, or nothing where they are equal. Only what differs: MongoDB then leaves the indexes of all
 * else alone, and its oplog small.
 */
export function updateOf(known: HostDoc, host: GoldenHost, now: Date): UpdateFilter<HostDoc> | undefined {
  const set: Record<string, unknown> = {};
  const unset: Record<string, true> = {};
  const compare = (prefix: string, before: object, after: object, skip: (field: string) => boolean) => {
    const [from, to] = [before as Record<string, unknown>, after as Record<string, unknown>];
    for (const field in to)
      if (!skip(field) && !isDeepStrictEqual(from[field], to[field])) set[`${prefix}${field}`] = to[field];
    for (const field in from) if (!skip(field) && to[field] === undefined) unset[`${prefix}${field}`] = true;
  };
  compare('', known, host, (field) => OWN.has(field));
  compare('device.', known.device, host.device, () => false);
  const [sets, unsets] = [Object.keys(set).length, Object.keys(unset).length];
  if (sets + unsets === 0) return undefined;
  const update: UpdateFilter<HostDoc> = { $set: { ...set, updated_at: now }, $inc: { version: 1 } };
  if (unsets > 0) update.$unset = unset as never;
  return update;
}

/** An id that no longer stands for a host, and the host that took its place. */
export interface RedirectDoc {
  _id: string;
  to: string;
  at: Date;
}

export const hostIndexes: IndexDescription[] = [
  { key: { 'sources.record': 1 } },
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

/** An id may lead to one that has been replaced since, and so on; a circle would be our defect. */
const MOST_REDIRECTS = 100;

/** The host that an id stands for, or stood for once; `null` when there never was one, or it is no more. */
export async function findHost(store: Store, id: string): Promise<HostDoc | null> {
  for (let at = id, step = 0; step < MOST_REDIRECTS; step += 1) {
    const host = await store.hosts.findOne({ _id: at });
    if (host) return host;
    const redirect = await store.redirects.findOne({ _id: at });
    if (!redirect) return null;
    at = redirect.to;
  }
  return null;
}

/** The host that holds a record, given its id (`source:native id`). */
export function hostOfRecord(store: Store, record: string): Promise<HostDoc | null> {
  return store.hosts.findOne({ 'sources.record': record });
}
