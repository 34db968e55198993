import { components } from '../host/identity/components.js';
import type { AffectedSet } from './affected-set.js';

/**
 * Removes from the affected set the components of `taken`: every record linked to them by a key that is not suppressed or
 * was not, by a host or by a decision. Returns the ids of the removed records.
 */
export function dropComponents(affected: AffectedSet, taken: Iterable<string>): Set<string> {
  const linksOf = linksByRecord(affected);
  const holders = holdersByLink(linksOf);
  // A host may name records that no longer exist.
  const drop = new Set([...taken].filter((id) => linksOf.has(id)));
  for (const id of drop)
    for (const link of linksOf.get(id)!) for (const neighbour of holders.get(link)!) drop.add(neighbour);
  for (const host of affected.hosts.values())
    if (host.sources.some(({ record }) => drop.has(record))) affected.hosts.delete(host._id);
  for (const id of drop) {
    for (const link of linksOf.get(id)!) affected.altered.delete(link);
    affected.records.delete(id);
  }
  return drop;
}

/** The records of components with more than `cap` records. */
export function largeParts(affected: AffectedSet, cap: number): string[] {
  const linksOf = linksByRecord(affected);
  const ids = [...linksOf.keys()];
  const indexOf = new Map(ids.map((id, at) => [id, at]));
  const root = components(
    ids.length,
    [...holdersByLink(linksOf).values()].map((ids) => ids.map((id) => indexOf.get(id)!)),
  );
  const sizes = new Int32Array(ids.length);
  for (const at of root) sizes[at]! += 1;
  return ids.filter((_, at) => sizes[root[at]!]! > cap);
}

function holdersByLink(linksOf: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const [id, ids] of linksOf) {
    for (const link of ids) {
      const known = holders.get(link);
      if (known) known.push(id);
      else holders.set(link, [id]);
    }
  }
  return holders;
}

/** For each record of the affected set, its links to others: keys, hosts and decisions. */
function linksByRecord({ records, hosts, states, altered, decisions }: AffectedSet): Map<string, string[]> {
  const linksOf = new Map<string, string[]>();
  const link = (key: string) => altered.has(key) || states.get(key)?.state !== 'suppressed';
  for (const [id, { keys, prior_keys: prior = [] }] of records) linksOf.set(id, [...keys, ...prior].filter(link));
  const group = (ids: readonly string[], name: string) => {
    for (const id of ids) linksOf.get(id)?.push(name);
  };
  for (const host of hosts.values())
    group(
      host.sources.map(({ record }) => record),
      `host ${host._id}`,
    );
  for (const [text, { records: pair }] of decisions) group(pair, `decision ${text}`);
  return linksOf;
}
