import type { ClientSession } from 'mongodb';
import type { Store } from './database.js';
import type { HostDoc } from './hosts.js';
import type { RecordDoc } from './records.js';

/** Everything that one batch of changed records can affect. */
export interface Closure {
  records: Map<string, RecordDoc>;
  hosts: Map<string, HostDoc>;
  /** Keys that too many records hold to tell machines apart. */
  cut: Set<string>;
}

/** How many records may hold a key before it is cut, by the key's kind. */
export type KeyLimit = (key: string) => number;

/** More holders than this in one look-up, and the popular keys among them are cut before the rest is read. */
const HOLDERS_AT_ONCE = 20_000;

/**
 * The fixpoint of: holders of every key that a changed record has or had, all members of every host that one of them is
 * in, and their holders in turn. A key that grew past its limit joins nobody, but hosts that it once joined are drawn in.
 * Everything is read in the session's snapshot, so no record can slip in between two reads.
 */
export async function closeOver(
  store: Store,
  session: ClientSession,
  changed: readonly RecordDoc[],
  limitOf: KeyLimit,
): Promise<Closure> {
  const closure: Closure = { records: new Map(), hosts: new Map(), cut: new Set() };
  const lookedUp = new Set<string>();
  let frontier = [...changed];
  for (const record of changed) closure.records.set(record._id, record);

  while (frontier.length > 0) {
    const keys = new Set<string>();
    for (const record of frontier) {
      for (const key of record.keys) if (!lookedUp.has(key)) keys.add(key);
      for (const key of record.prior_keys ?? []) if (!lookedUp.has(key)) keys.add(key);
    }
    for (const key of keys) lookedUp.add(key);
    const holders = await readHolders(store, session, [...keys], limitOf, closure);
    const hosts = await readHosts(store, session, [...frontier.map((record) => record._id), ...holders], closure);

    const wanted = new Set(holders);
    for (const host of hosts) for (const { record } of host.sources) wanted.add(record);
    for (const id of closure.records.keys()) wanted.delete(id);
    frontier = await readRecords(store, session, [...wanted]);
    for (const record of frontier) closure.records.set(record._id, record);
  }
  return closure;
}

/** Ids of records outside the closure that hold one of `keys`; keys held too often end up in `closure.cut` instead. */
async function readHolders(
  store: Store,
  session: ClientSession,
  keys: string[],
  limitOf: KeyLimit,
  closure: Closure,
): Promise<string[]> {
  // What is in the closure is counted here: reading it once more would be most of the work.
  const inside = [...closure.records.keys()];
  let open = keys;
  while (open.length > 0) {
    const found = await store.records
      .find<Pick<RecordDoc, '_id' | 'keys'>>(
        { keys: { $in: open }, _id: { $nin: inside } },
        { session, hint: { keys: 1 }, projection: { keys: 1 }, limit: HOLDERS_AT_ONCE },
      )
      .batchSize(HOLDERS_AT_ONCE)
      .toArray();
    const asked = new Set(open);
    const degree = new Map<string, number>();
    for (const holders of [closure.records.values(), found]) {
      for (const { keys: held } of holders) {
        for (const key of held) if (asked.has(key)) degree.set(key, (degree.get(key) ?? 0) + 1);
      }
    }
    const popular = open.filter((key) => (degree.get(key) ?? 0) > limitOf(key));
    for (const key of popular) closure.cut.add(key);
    if (found.length < HOLDERS_AT_ONCE || popular.length === 0) {
      const joins = new Set(open.filter((key) => !closure.cut.has(key)));
      return found.filter((record) => record.keys.some((key) => joins.has(key))).map((record) => record._id);
    }
    open = open.filter((key) => !closure.cut.has(key));
  }
  return [];
}

/** Hosts that hold one of `records`, or that a key joined which is cut by now. */
async function readHosts(
  store: Store,
  session: ClientSession,
  records: string[],
  closure: Closure,
): Promise<HostDoc[]> {
  const read: HostDoc[] = [];
  const add = (host: HostDoc) => {
    if (closure.hosts.has(host._id)) return;
    closure.hosts.set(host._id, host);
    read.push(host);
  };
  for (const host of await store.hosts
    .find({ 'sources.record': { $in: records } }, { session })
    .batchSize(10_000)
    .toArray())
    add(host);
  if (closure.cut.size > 0) {
    for (const host of await store.hosts.find({ 'reasons.keys': { $in: [...closure.cut] } }, { session }).toArray())
      add(host);
  }
  return read;
}

async function readRecords(store: Store, session: ClientSession, ids: string[]): Promise<RecordDoc[]> {
  if (ids.length === 0) return [];
  return store.records
    .find({ _id: { $in: ids } }, { session })
    .batchSize(10_000)
    .toArray();
}
