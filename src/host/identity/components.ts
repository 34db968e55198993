import type { SharedKey } from './component.js';
import { kindOf, type Kind } from './facts.js';
import type { HostRecord } from '../types.js';

/**
 * Keys that several records share. Large inventories are processed kind by kind to bound memory: a `Map` takes 2^24 entries, and
 * a million machines have about as many keys.
 */
export function sharedKeys(records: readonly HostRecord[]): SharedKey[] {
  const several: SharedKey[] = [];
  const kinds: readonly Kind[] = ['cloud', 'agent', 'serial', 'uuid', 'mac', 'fqdn', 'name-ip', 'name'];
  // One map suffices for few records.
  const passes = records.length > 50_000 ? kinds : [undefined];
  for (const kind of passes) {
    const holders = new Map<string, number | number[]>();
    for (let at = 0; at < records.length; at++) {
      for (const key of records[at]!.keys) {
        if (kind !== undefined && kindOf(key) !== kind) continue;
        const known = holders.get(key);
        if (known === undefined) holders.set(key, at);
        else if (typeof known === 'number') {
          const both = [known, at];
          holders.set(key, both);
          several.push({ key, holders: both });
        } else known.push(at);
      }
    }
  }
  return several;
}

/** Returns the component of each of `count` records, by union-find. A component only limits which records are compared. */
export function components(count: number, ties: Iterable<readonly number[]>): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, at) => at);
  const find = (at: number): number => {
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  for (const tie of ties) {
    const first = find(tie[0]!);
    for (let at = 1; at < tie.length; at++) parent[find(tie[at]!)] = first;
  }
  for (let at = 0; at < count; at++) parent[at] = find(at);
  return parent;
}
