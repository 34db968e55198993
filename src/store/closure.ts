import type { ClientSession } from 'mongodb';
import type { Decision, KeyVerdict } from '../host/resolution.js';
import type { Store } from './database.js';
import { decisionsAbout } from './decisions.js';
import type { HostDoc } from './hosts.js';
import { Holders } from './holders.js';
import { anyKeyStates, type KnownState } from './key-states.js';
import { findRecords, type RecordDoc } from './records.js';

/** Everything that one batch of changed records can affect. */
export interface Closure {
  records: Map<string, RecordDoc>;
  hosts: Map<string, HostDoc>;
  /** The weak and cut ones among the records' keys. */
  states: Map<string, KeyVerdict>;
  /** States that are other than the store knows; all records that were settled with the old one are in the closure. */
  altered: Map<string, KnownState | undefined>;
  /** Keys of changed records: what they are worth another lane must not alter meanwhile. */
  relied: Set<string>;
  decisions: Map<string, Decision>;
  /** Hosts outside of it whose records have changed in nothing that tells which machine they are. */
  refreshed: Map<string, { host: HostDoc; members: RecordDoc[] }>;
}

export const emptyClosure = (): Closure => ({
  records: new Map(),
  hosts: new Map(),
  states: new Map(),
  altered: new Map(),
  relied: new Set(),
  decisions: new Map(),
  refreshed: new Map(),
});

/**
 * What `changed` records can affect: a closure over those that are unresolved, and the hosts of the others, whose records stay
 * together and apart as they were.
 */
export async function affectedBy(
  store: Store,
  session: ClientSession,
  changed: readonly RecordDoc[],
): Promise<Closure> {
  const light = new Map(changed.flatMap((record) => (record.unresolved ? [] : [[record._id, record]])));
  const hosts = light.size === 0 ? [] : await findHosts(store, session, [...light.keys()]);
  const housed = new Set(hosts.flatMap(({ sources }) => sources.map(({ record }) => record)));
  // One without a host was never resolved, whatever it says.
  const closure = await closeOver(
    store,
    session,
    changed.filter(({ _id, unresolved }) => unresolved || !housed.has(_id)),
  );
  const others = hosts.filter(({ _id }) => !closure.hosts.has(_id));
  const missing = others.flatMap(({ sources }) => sources.map(({ record }) => record)).filter((id) => !light.has(id));
  const read = missing.length === 0 ? [] : await findRecords(store, session, missing);
  for (const record of read) light.set(record._id, record);
  for (const host of others) {
    const members = host.sources.flatMap(({ record }) => light.get(record) ?? []);
    closure.refreshed.set(host._id, { host, members });
  }
  return closure;
}

/**
 * The fixpoint of: all holders of every key that a record has and that is not cut, those of keys that a changed record no
 * longer has, those of keys whose state has changed, members of the same host, and records that somebody decided to join.
 * Everything is read in the session's snapshot, so no record can slip in between two reads.
 */
export async function closeOver(store: Store, session: ClientSession, changed: readonly RecordDoc[]): Promise<Closure> {
  const closure = emptyClosure();
  if (changed.length === 0) return closure;
  const holders = new Holders(store, session, closure, await anyKeyStates(store, session));
  const decided = (await store.decisions.findOne({}, { session, projection: { _id: 1 } })) !== null;
  let frontier = [...changed];
  while (frontier.length > 0) {
    for (const record of frontier) holders.include(record);
    const drawn = await holders.tiedTo(frontier);
    const wanted = new Set<string>();
    for (const host of await readHosts(store, session, frontier, closure))
      for (const { record } of host.sources) wanted.add(record);
    const ids = frontier.map(({ _id }) => _id);
    for (const decision of decided ? await decisionsAbout(store, session, ids) : []) {
      closure.decisions.set(JSON.stringify(decision), decision);
      if (decision.kind === 'join') for (const id of decision.records) wanted.add(id);
    }
    for (const id of drawn.keys()) wanted.delete(id);
    for (const id of closure.records.keys()) wanted.delete(id);
    frontier = [...drawn.values(), ...(await holders.records([...wanted]))];
  }
  return closure;
}

/** Hosts of the records, as far as they have not been read. */
async function readHosts(
  store: Store,
  session: ClientSession,
  records: readonly RecordDoc[],
  closure: Closure,
): Promise<HostDoc[]> {
  const found = await findHosts(
    store,
    session,
    records.map(({ _id }) => _id),
  );
  const fresh = found.filter(({ _id }) => !closure.hosts.has(_id));
  for (const host of fresh) closure.hosts.set(host._id, host);
  return fresh;
}

function findHosts(store: Store, session: ClientSession, records: readonly string[]): Promise<HostDoc[]> {
  return store.hosts
    .find({ 'sources.record': { $in: [...records] } }, { session })
    .batchSize(1_000)
    .toArray();
}
