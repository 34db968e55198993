import { components } from '../host/identity/components.js';
import type { AffectedSet } from './affected-set.js';

/**
 * Removes from the affected set everything that hangs together with `taken`: by a key that counts or did, by a host, by a decision.
 * Returns the records that it removed.
 */
export function dropComponents(affected: AffectedSet, taken: Iterable<string>): Set<string> {
  const tied = ties(affected);
  const holders = heldBy(tied);
  // A host may name records that are no more.
  const drop = new Set([...taken].filter((id) => tied.has(id)));
  for (const id of drop)
    for (const tie of tied.get(id)!) for (const neighbour of holders.get(tie)!) drop.add(neighbour);
  for (const host of affected.hosts.values())
    if (host.sources.some(({ record }) => drop.has(record))) affected.hosts.delete(host._id);
  for (const id of drop) {
    for (const tie of tied.get(id)!) affected.altered.delete(tie);
    affected.records.delete(id);
  }
  return drop;
}

/** Those records that hang together with `cap` others or more. */
export function largeParts(affected: AffectedSet, cap: number): string[] {
  const tied = ties(affected);
  const ids = [...tied.keys()];
  const place = new Map(ids.map((id, at) => [id, at]));
  const root = components(
    ids.length,
    [...heldBy(tied).values()].map((held) => held.map((id) => place.get(id)!)),
  );
  const sizes = new Int32Array(ids.length);
  for (const at of root) sizes[at]! += 1;
  return ids.filter((_, at) => sizes[root[at]!]! > cap);
}

function heldBy(tied: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const [id, ids] of tied) {
    for (const tie of ids) {
      const known = holders.get(tie);
      if (known) known.push(id);
      else holders.set(tie, [id]);
    }
  }
  return holders;
}

/** What ties each record of the affected set to others. */
function ties({ records, hosts, states, altered, decisions }: AffectedSet): Map<string, string[]> {
  const tied = new Map<string, string[]>();
  const tie = (key: string) => altered.has(key) || states.get(key)?.state !== 'cut';
  for (const [id, { keys, prior_keys: prior = [] }] of records) tied.set(id, [...keys, ...prior].filter(tie));
  const group = (ids: readonly string[], name: string) => {
    for (const id of ids) tied.get(id)?.push(name);
  };
  for (const host of hosts.values())
    group(
      host.sources.map(({ record }) => record),
      `host ${host._id}`,
    );
  for (const [text, { records: pair }] of decisions) group(pair, `decision ${text}`);
  return tied;
}
