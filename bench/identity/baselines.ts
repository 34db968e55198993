import type { HostRecord } from '../../src/host/types.js';

/** The index of each record's group: records with equal keys are grouped, records without a key are alone. */
export function byKey(keys: readonly string[]): Int32Array {
  const groups = new Map<string, number>();
  let next = 0;
  return Int32Array.from(keys, (key) => {
    if (key === '') return next++;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = next++));
    return group;
  });
}

/** Groups records that share any identity key, without a limit on their number (union-find). */
export function byAnyKey(records: readonly HostRecord[]): Int32Array {
  const parent = Int32Array.from(records, (_, at) => at);
  const find = (at: number): number => {
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  const holder = new Map<string, number>();
  for (let at = 0; at < records.length; at++) {
    for (const key of records[at]!.keys) {
      const known = holder.get(key);
      if (known === undefined) holder.set(key, at);
      else parent[find(at)] = find(known);
    }
  }
  return parent.map((_, at) => find(at));
}
