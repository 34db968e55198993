import { emptyAffectedSet, type AffectedSet } from './affected-set.js';
import { AffectedSetBuilder } from './affected-set-builder.js';
import type { ClientSession } from 'mongodb';
import { COMPONENT_CAP } from '../host/identity/resolve.js';
import { dropComponents, largeParts } from './affected-parts.js';
import type { Store } from '../store/database.js';
import { attributesOfRecords } from '../store/collections/hosts.js';
import { affectedSetOfLarge } from './large-components.js';
import { findRecords, type MergeRecord } from './records.js';

/**
 * What `changed` records can affect: all that hangs together with the unresolved ones, and the hosts of the others, whose records
 * stay together and apart as they were.
 */
export async function affectedBy(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap?: number,
): Promise<AffectedSet> {
  const light = new Map(changed.flatMap((record) => (record.unresolved ? [] : [[record._id, record]])));
  const hosts = light.size === 0 ? [] : await attributesOfRecords(store, session, [...light.keys()]);
  const housed = new Set(hosts.flatMap(({ sources }) => sources.map(({ record }) => record)));
  // One without a host was never resolved, whatever it says.
  const affected = await affectedSetOf(
    store,
    session,
    changed.filter(({ _id, unresolved }) => unresolved || !housed.has(_id)),
    cap,
  );
  const others = hosts.filter(({ _id }) => !affected.hosts.has(_id));
  const missing = others.flatMap(({ sources }) => sources.map(({ record }) => record)).filter((id) => !light.has(id));
  const read = missing.length === 0 ? [] : await findRecords(store, session, missing);
  for (const record of read) light.set(record._id, record);
  for (const host of others) {
    const members = host.sources.flatMap(({ record }) => light.get(record) ?? []);
    affected.refreshed.set(host._id, { host, members });
  }
  return affected;
}

/** As many records as this times the cap are read before anybody asks whether a component is too large. */
const ROOM = 4;

/**
 * The fixpoint of: all holders of every key that a record has and that is not cut, those of keys that a changed record no
 * longer has, those of keys whose state has changed, members of the same host, and records that somebody decided to join.
 * Everything is read in the session's snapshot, so no record can slip in between two reads. Components of more than `cap`
 * records are left out, see `AffectedSet.partial`; where nothing else has changed they are what it is about, see `affectedSetOfLarge`.
 */
export async function affectedSetOf(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap = COMPONENT_CAP,
): Promise<AffectedSet> {
  if (changed.length === 0) return emptyAffectedSet();
  const growing = await AffectedSetBuilder.open(store, session);
  const { affected } = growing;
  const left = new Set<string>();
  let room = ROOM * cap;
  growing.include(changed);
  let frontier = [...changed];
  while (frontier.length > 0) {
    const { linkedByKey, linkedByHost, hosts } = await growing.around(frontier);
    for (const record of linkedByHost) linkedByKey.set(record._id, record);
    frontier = [...linkedByKey.values()];
    growing.include(frontier);
    const large = hosts
      .filter(({ oversized }) => oversized)
      .flatMap(({ sources }) => sources.map(({ record }) => record));
    for (const { _id } of frontier) if (left.has(_id)) large.push(_id);
    if (affected.records.size > room) {
      large.push(...largeParts(affected, cap));
      room = 2 * affected.records.size;
    }
    if (large.length === 0) continue;
    for (const id of dropComponents(affected, large)) left.add(id);
    frontier = frontier.filter(({ _id }) => affected.records.has(_id));
  }
  affected.partial = left.size > 0;
  return affected.records.size > 0
    ? affected
    : affectedSetOfLarge(await AffectedSetBuilder.open(store, session), changed, cap);
}
