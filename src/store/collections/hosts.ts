import type { HostDoc } from '../documents/hosts.js';
import { deepEqual } from 'fast-equals';
import type { ClientSession, UpdateFilter } from 'mongodb';
import type { MatchEvidence, HostAttributes } from '../../host/golden/golden-host.js';
import type { Store } from '../database.js';

const STORE_FIELDS = new Set(['_id', 'device', 'created', 'version', 'updated_at']);

/** A field of the host (`tags`) or of its device (`device.os`) that has changed; `undefined` means absent. */
export interface Difference {
  path: string;
  from: unknown;
  to: unknown;
}

/** Differences between `host` and `known`, without the fields that only the store sets. */
export function differences(known: HostAttributes, host: HostAttributes): Difference[] {
  const found: Difference[] = [];
  const compare = (prefix: string, before: object, after: object) => {
    const [from, to] = [before as Record<string, unknown>, after as Record<string, unknown>];
    const differ = (field: string) => found.push({ path: `${prefix}${field}`, from: from[field], to: to[field] });
    for (const field in to)
      if (!(prefix === '' && STORE_FIELDS.has(field)) && !deepEqual(from[field], to[field])) differ(field);
    for (const field in from)
      if (!(prefix === '' && STORE_FIELDS.has(field)) && from[field] !== undefined && !(field in to)) differ(field);
  };
  compare('', known, host);
  compare('device.', known.device, host.device);
  return found;
}

/** Updates only the fields that differ, so that MongoDB does not update other indexes and its oplog stays small. */
export function updateOf(different: readonly Difference[], now: Date): UpdateFilter<HostDoc> {
  const set: Record<string, unknown> = { updated_at: now };
  const unset: Record<string, true> = {};
  for (const { path, to } of different) {
    if (to === undefined) unset[path] = true;
    else set[path] = to;
  }
  const update: UpdateFilter<HostDoc> = { $set: set, $inc: { version: 1 } };
  if (Object.keys(unset).length > 0) update.$unset = unset as never;
  return update;
}

/** Exact number of hosts that at least one source still lists. Uses indexes only. */
export async function countLiveHosts(store: Store): Promise<number> {
  const [all, retired] = await Promise.all([
    store.hosts.countDocuments({}, { hint: { _id: 1 } }),
    store.hosts.countDocuments({ retired: true }),
  ]);
  return all - retired;
}

/** Maximum number of redirects to follow. More redirects would be a cycle, which is a defect. */
const MOST_REDIRECTS = 100;

/** The host with this id or former id; `null` when there is none, or it was removed. */
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

/** Ids that redirect to any of `hosts`, directly or through other ids. */
export async function formerIds(store: Store, hosts: readonly string[]): Promise<string[]> {
  const former = new Set<string>();
  for (let to = [...hosts]; to.length > 0;) {
    const found = await store.redirects.find({ to: { $in: to } }).toArray();
    to = found.map(({ _id }) => _id).filter((id) => !former.has(id) && !hosts.includes(id));
    for (const id of to) former.add(id);
  }
  return [...former];
}

/** The host that has the record with this id (`source:native id`). */
export function hostOfRecord(store: Store, record: string): Promise<HostDoc | null> {
  return store.hosts.findOne({ 'sources.record': record });
}

/**
 * Hosts with this canonical name, or, if there are none, hosts whose name begins with it and a dot. Hosts that were seen last
 * come first.
 */
export async function hostsNamed(store: Store, name: string, limit: number): Promise<HostDoc[]> {
  const named = (hostname: string | { $gte: string; $lt: string }) =>
    store.hosts.find({ 'device.hostname': hostname }).sort({ last_seen: -1 }).limit(limit).toArray();
  const found = await named(name);
  return found.length > 0 ? found : named({ $gte: `${name}.`, $lt: `${name}/` });
}

/** Hosts that have any of `records`. */
export function hostsOfRecords(store: Store, session: ClientSession, records: readonly string[]): Promise<HostDoc[]> {
  return store.hosts
    .find({ 'sources.record': { $in: [...records] } }, { session })
    .batchSize(1_000)
    .toArray();
}

/** The same hosts without their match evidence, which is a third of a host's size and often not needed. */
export function attributesOfRecords(
  store: Store,
  session: ClientSession,
  records: readonly string[],
): Promise<HostAttributes[]> {
  return store.hosts
    .find<HostAttributes>({ 'sources.record': { $in: [...records] } }, { session, projection: NO_EVIDENCE })
    .batchSize(1_000)
    .toArray();
}

const NO_EVIDENCE = {
  keys: 0,
  reasons: 0,
  forbidden_joins: 0,
  more_forbidden_joins: 0,
  findings: 0,
  oversized: 0,
} as const satisfies Record<keyof MatchEvidence, 0>;

/** The match evidence of hosts, by id. */
export async function matchEvidenceOf(
  store: Store,
  session: ClientSession,
  hosts: readonly string[],
): Promise<Map<string, MatchEvidence>> {
  if (hosts.length === 0) return new Map();
  const projection = Object.fromEntries(Object.keys(NO_EVIDENCE).map((field) => [field, 1]));
  const found = await store.hosts
    .find<MatchEvidence & { _id: string }>({ _id: { $in: [...hosts] } }, { session, projection })
    .toArray();
  return new Map(found.map(({ _id, ...evidence }) => [_id, evidence]));
}
