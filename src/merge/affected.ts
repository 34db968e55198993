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
 * Finds the records and hosts that `changed` records can affect: the components of the unresolved records, and the hosts of
 * the others. The records of these hosts need no new resolution, because their grouping does not change.
 */
export async function affectedBy(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap?: number,
): Promise<AffectedSet> {
  const resolvedBefore = new Map(changed.flatMap((record) => (record.unresolved ? [] : [[record._id, record]])));
  const hosts = resolvedBefore.size === 0 ? [] : await attributesOfRecords(store, session, [...resolvedBefore.keys()]);
  const withHost = new Set(hosts.flatMap(({ sources }) => sources.map(({ record }) => record)));
  // A record without a host was never resolved, even if it is not marked as unresolved.
  const affected = await affectedSetOf(
    store,
    session,
    changed.filter(({ _id, unresolved }) => unresolved || !withHost.has(_id)),
    cap,
  );
  const others = hosts.filter(({ _id }) => !affected.hosts.has(_id));
  const missing = others
    .flatMap(({ sources }) => sources.map(({ record }) => record))
    .filter((id) => !resolvedBefore.has(id));
  const read = missing.length === 0 ? [] : await findRecords(store, session, missing);
  for (const record of read) resolvedBefore.set(record._id, record);
  for (const host of others) {
    const members = host.sources.flatMap(({ record }) => resolvedBefore.get(record) ?? []);
    affected.refreshed.set(host._id, { host, members });
  }
  return affected;
}

/** Component sizes are first checked when this many times `cap` records have been read. */
const FIRST_CHECK = 4;

/**
 * Follows links from `changed` until no record is added. A link is: a key that two records have and that is not suppressed,
 * a key that a changed record no longer has, a key whose state has changed, a common host, or a user's decision to join.
 * All reads use the session's snapshot, so no record can appear between two reads. Components of more than `cap` records
 * are omitted (see `AffectedSet.partial`). If no other records have changed, `affectedSetOfLarge` handles these components.
 */
export async function affectedSetOf(
  store: Store,
  session: ClientSession,
  changed: readonly MergeRecord[],
  cap = COMPONENT_CAP,
): Promise<AffectedSet> {
  if (changed.length === 0) return emptyAffectedSet();
  const builder = await AffectedSetBuilder.open(store, session);
  const { affected } = builder;
  const leftOut = new Set<string>();
  let checkAt = FIRST_CHECK * cap;
  builder.include(changed);
  let frontier = [...changed];
  while (frontier.length > 0) {
    const { linkedByKey, linkedByHost, hosts } = await builder.around(frontier);
    for (const record of linkedByHost) linkedByKey.set(record._id, record);
    frontier = [...linkedByKey.values()];
    builder.include(frontier);
    const large = hosts
      .filter(({ oversized }) => oversized)
      .flatMap(({ sources }) => sources.map(({ record }) => record));
    for (const { _id } of frontier) if (leftOut.has(_id)) large.push(_id);
    if (affected.records.size > checkAt) {
      large.push(...largeParts(affected, cap));
      checkAt = 2 * affected.records.size;
    }
    if (large.length === 0) continue;
    for (const id of dropComponents(affected, large)) leftOut.add(id);
    frontier = frontier.filter(({ _id }) => affected.records.has(_id));
  }
  affected.partial = leftOut.size > 0;
  return affected.records.size > 0
    ? affected
    : affectedSetOfLarge(await AffectedSetBuilder.open(store, session), changed, cap);
}
