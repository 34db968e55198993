import { resolveComponent, type SharedKey } from './component.js';
import type { KeyKind } from './keys.js';
import type { HostRecord, Resolution } from './types.js';

export type { Level, Reason, Refusal, Resolution } from './types.js';

/** How many records may hold a key of a kind before it says nothing about which machine it is. */
export const KEY_LIMITS: Record<KeyKind, number> = { cloud: 64, agent: 16, serial: 16, uuid: 16, mac: 24 };

const LIMIT_OF = new Map<string, number>(Object.entries(KEY_LIMITS));

/**
 * Which records are one machine: a pure function of the set of records, in any order. Keys in `cut` count neither for nor
 * against a join; so do keys that more of these records hold than `KEY_LIMITS` allows.
 */
export function resolve(records: readonly HostRecord[], cut: ReadonlySet<string>): Resolution {
  const { shared, ignored } = sharedKeys(records, cut);
  const root = components(records.length, shared);

  const resolution: Resolution = { clusters: [], refused: [] };
  const members = new Map<number, number[]>();
  for (let at = 0; at < records.length; at++) {
    const component = root[at]!;
    const known = members.get(component);
    if (known) known.push(at);
    else members.set(component, [at]);
  }
  const keysOf = new Map<number, SharedKey[]>();
  for (const entry of shared) {
    const component = root[entry.holders[0]!]!;
    const known = keysOf.get(component);
    if (known) known.push(entry);
    else keysOf.set(component, [entry]);
  }

  const place = new Int32Array(records.length);
  for (const [component, places] of members) {
    if (places.length === 1) {
      resolution.clusters.push({ members: [records[places[0]!]!.id], reasons: [] });
      continue;
    }
    places.sort((a, b) => order(records[a]!.id, records[b]!.id));
    places.forEach((at, index) => (place[at] = index));
    const keys = keysOf.get(component)!.sort((a, b) => order(a.key, b.key));
    for (const { holders } of keys) {
      for (let at = 0; at < holders.length; at++) holders[at] = place[holders[at]!]!;
      holders.sort((a, b) => a - b);
    }
    resolveComponent(
      places.map((at) => records[at]!),
      keys,
      ignored,
      resolution,
    );
  }
  resolution.clusters.sort((a, b) => order(a.members[0]!, b.members[0]!));
  resolution.refused.sort(
    (a, b) => order(a.records[0], b.records[0]) || order(a.records[1], b.records[1]) || order(a.rule, b.rule),
  );
  return resolution;
}

/** Keys that several records hold, and those that do not count. */
function sharedKeys(
  records: readonly HostRecord[],
  cut: ReadonlySet<string>,
): { shared: SharedKey[]; ignored: ReadonlySet<string> } {
  const holders = new Map<string, number | number[]>();
  const several: SharedKey[] = [];
  for (let at = 0; at < records.length; at++) {
    for (const key of records[at]!.keys) {
      if (cut.size > 0 && cut.has(key)) continue;
      const known = holders.get(key);
      if (known === undefined) holders.set(key, at);
      else if (typeof known === 'number') {
        const both = [known, at];
        holders.set(key, both);
        several.push({ key, holders: both });
      } else known.push(at);
    }
  }
  let ignored = cut;
  const shared = several.filter((entry) => {
    if (entry.holders.length <= (LIMIT_OF.get(entry.key.slice(0, entry.key.indexOf(':'))) ?? 0)) return true;
    if (ignored === cut) ignored = new Set(cut);
    (ignored as Set<string>).add(entry.key);
    return false;
  });
  return { shared, ignored };
}

/** The component of each record, by union-find over shared keys; components are only where to look, never a result. */
function components(count: number, shared: readonly SharedKey[]): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, at) => at);
  const find = (at: number): number => {
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  for (const { holders } of shared) {
    const first = find(holders[0]!);
    for (let at = 1; at < holders.length; at++) parent[find(holders[at]!)] = first;
  }
  for (let at = 0; at < count; at++) parent[at] = find(at);
  return parent;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
