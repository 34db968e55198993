import { emptyClosure, type Closure } from './affected-set.js';
import { Growing } from './growing-set.js';
import type { ClientSession } from 'mongodb';
import { COMPONENT_CAP } from '../host/identity/resolve.js';
import { dropComponents, largeParts } from './affected-parts.js';
import type { Store } from '../store/database.js';
import { portraitsOfRecords } from '../store/collections/hosts.js';
import { closeOverLarge } from './large-components.js';
import { findRecords, type MergeRecord } from './records.js';

/**
 * What `changed` records can affect: a closure over those that are unresolved, and the hosts of the others, whose records stay
 * together and apart as they were.
 */
export async function affectedBy(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap?: number,
): Promise<Closure> {
  const light = new Map(changed.flatMap((record) => (record.unresolved ? [] : [[record._id, record]])));
  const hosts = light.size === 0 ? [] : await portraitsOfRecords(store, session, [...light.keys()]);
  const housed = new Set(hosts.flatMap(({ sources }) => sources.map(({ record }) => record)));
  // One without a host was never resolved, whatever it says.
  const closure = await closeOver(
    store,
    session,
    changed.filter(({ _id, unresolved }) => unresolved || !housed.has(_id)),
    cap,
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

/** As many records as this times the cap are read before anybody asks whether a component is too large. */
const ROOM = 4;

/**
 * The fixpoint of: all holders of every key that a record has and that is not cut, those of keys that a changed record no
 * longer has, those of keys whose state has changed, members of the same host, and records that somebody decided to join.
 * Everything is read in the session's snapshot, so no record can slip in between two reads. Components of more than `cap`
 * records are left out, see `Closure.partial`; where nothing else has changed they are what it is about, see `closeOverLarge`.
 */
export async function closeOver(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap = COMPONENT_CAP,
): Promise<Closure> {
  if (changed.length === 0) return emptyClosure();
  const growing = await Growing.open(store, session);
  const { closure } = growing;
  const left = new Set<string>();
  let room = ROOM * cap;
  growing.include(changed);
  let frontier = [...changed];
  while (frontier.length > 0) {
    const { drawn, bound, hosts } = await growing.around(frontier);
    for (const record of bound) drawn.set(record._id, record);
    frontier = [...drawn.values()];
    growing.include(frontier);
    const large = hosts
      .filter(({ oversized }) => oversized)
      .flatMap(({ sources }) => sources.map(({ record }) => record));
    for (const { _id } of frontier) if (left.has(_id)) large.push(_id);
    if (closure.records.size > room) {
      large.push(...largeParts(closure, cap));
      room = 2 * closure.records.size;
    }
    if (large.length === 0) continue;
    for (const id of dropComponents(closure, large)) left.add(id);
    frontier = frontier.filter(({ _id }) => closure.records.has(_id));
  }
  closure.partial = left.size > 0;
  return closure.records.size > 0 ? closure : closeOverLarge(await Growing.open(store, session), changed, cap);
}
