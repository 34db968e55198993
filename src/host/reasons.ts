import { namesAgree, type Cluster } from './cluster.js';
import type { SharedKey } from './component.js';
import type { HostRecord, Level, Reason } from './types.js';

const LEVELS: readonly Level[] = ['cloud', 'agent', 'hardware', 'mac+hostname', 'mac'];

/**
 * Writes each cluster's reasons: every key that two of its records share, also where stronger ones had joined them before,
 * so that whoever cuts a key finds the hosts that leaned on it. A key of many records is told as a tree, not as all pairs.
 */
export function explain(
  records: readonly HostRecord[],
  shared: readonly SharedKey[],
  clusters: readonly Cluster[],
  names: readonly string[][],
  reasonsOf: (cluster: Cluster) => Reason[],
): void {
  const told = new Map<number, { level: number; x: number; y: number; reason: Reason }>();
  for (const { key, holders } of shared) {
    for (let j = 1; j < holders.length; j++) {
      const y = holders[j]!;
      const found = partner(key, holders, j, clusters, names);
      if (!found) continue;
      const { x, level } = found;
      const id = (x * records.length + y) * LEVELS.length + level;
      const known = told.get(id);
      if (known) known.reason.keys.push(key);
      else
        told.set(id, {
          level,
          x,
          y,
          reason: { level: LEVELS[level]!, keys: [key], records: [records[x]!.id, records[y]!.id] },
        });
    }
  }
  const sorted = [...told.values()].sort((a, b) => a.level - b.level || a.x - b.x || a.y - b.y);
  for (const { y, reason } of sorted) reasonsOf(clusters[y]!).push(reason);
}

/** An earlier holder in the same cluster; for a MAC one whose name agrees, if there is any. */
function partner(
  key: string,
  holders: readonly number[],
  j: number,
  clusters: readonly Cluster[],
  names: readonly string[][],
): { x: number; level: number } | undefined {
  const y = holders[j]!;
  const level = levelOf(key);
  let first: number | undefined;
  for (let i = 0; i < j; i++) {
    const x = holders[i]!;
    if (clusters[x] !== clusters[y]) continue;
    if (level !== MAC || namesAgree(names[x]!, names[y]!))
      return { x, level: level === MAC ? MAC_AND_HOSTNAME : level };
    first ??= x;
  }
  return first === undefined ? undefined : { x: first, level: MAC };
}

const MAC_AND_HOSTNAME = 3;
const MAC = 4;

function levelOf(key: string): number {
  switch (key.charCodeAt(0)) {
    case 0x63: // cloud
      return 0;
    case 0x61: // agent
      return 1;
    case 0x6d: // mac
      return MAC;
    default:
      return 2;
  }
}
