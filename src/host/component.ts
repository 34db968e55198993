import { absorb, clusterOf, conflict, namesAgree, roundOf, type Cluster, type Round } from './cluster.js';
import { explain } from './reasons.js';
import type { HostRecord, Refusal, Resolution } from './types.js';

/** A key that several records of the component hold: their places, ascending. */
export interface SharedKey {
  key: string;
  holders: number[];
}

/** Two clusters that share keys of the round, and the first pair of records through which they do. */
interface Edge {
  a: Cluster;
  b: Cluster;
  x: number;
  y: number;
  keys: string[];
}

interface Refused extends Omit<Refusal, 'records'> {
  x: number;
  y: number;
}

const ROUNDS: readonly Round[] = ['cloud', 'hardware', 'mac'];

/**
 * Joins the records of one component, strongest evidence first, each step checked cluster against cluster. `records` are
 * sorted by id and `shared` by key: nothing depends on any other order.
 */
export function resolveComponent(
  records: readonly HostRecord[],
  shared: readonly SharedKey[],
  ignored: ReadonlySet<string>,
  into: Resolution,
): void {
  /** The cluster of the record at each place. */
  const clusters = records.map((record, place) => clusterOf(record, place, ignored));
  const names = clusters.map((cluster) => [...cluster.names]);
  const refused = new Map<string, Refused>();
  for (const round of ROUNDS) {
    const edges = meet(round, shared, clusters, names);
    if (edges.length > 0) join(round, edges, clusters, refused);
  }

  const made = new Map<Cluster, Resolution['clusters'][number]>();
  records.forEach((record, place) => {
    const cluster = clusters[place]!;
    const known = made.get(cluster);
    if (known) known.members.push(record.id);
    else made.set(cluster, { members: [record.id], reasons: [] });
  });
  explain(records, shared, clusters, names, (cluster) => made.get(cluster)!.reasons);
  into.clusters.push(...made.values());
  for (const { x, y, rule, keys, against } of refused.values()) {
    // What other, clearer keys joined after all was not refused.
    if (clusters[x] === clusters[y]) continue;
    into.refused.push({ rule, keys: [...new Set(keys)].sort(), against, records: [records[x]!.id, records[y]!.id] });
  }
}

/** Pairs of clusters that share a key of the round; a MAC only counts between records whose names agree. */
function meet(
  round: Round,
  shared: readonly SharedKey[],
  clusters: readonly Cluster[],
  names: readonly string[][],
): Edge[] {
  const edges = new Map<number, Edge>();
  for (const { key, holders } of shared) {
    if (roundOf(key) !== round) continue;
    for (let j = 1; j < holders.length; j++) {
      for (let i = 0; i < j; i++) {
        const [x, y] = [holders[i]!, holders[j]!];
        const [a, b] = [clusters[x]!, clusters[y]!];
        if (a === b || (round === 'mac' && !namesAgree(names[x]!, names[y]!))) continue;
        // A cluster's first record stands for it; the smaller one first.
        const [from, to] = a.records[0]! < b.records[0]! ? [a, b] : [b, a];
        const pair = from.records[0]! * clusters.length + to.records[0]!;
        const edge = edges.get(pair);
        if (!edge) edges.set(pair, { a: from, b: to, x, y, keys: [key] });
        else {
          edge.keys.push(key);
          if (x < edge.x || (x === edge.x && y < edge.y)) [edge.x, edge.y] = [x, y];
        }
      }
    }
  }
  return [...edges.values()].sort((a, b) => a.x - b.x || a.y - b.y);
}

/** Joins along the edges that nothing forbids; where candidates contradict each other it joins none of them. */
function join(round: Round, edges: readonly Edge[], clusters: Cluster[], refused: Map<string, Refused>): void {
  const refuse = (edge: Edge, rule: Refusal['rule'], against: string[]) => {
    const known = refused.get(`${rule} ${edge.x} ${edge.y}`);
    if (known) known.keys.push(...edge.keys);
    else refused.set(`${rule} ${edge.x} ${edge.y}`, { rule, keys: [...edge.keys], against, x: edge.x, y: edge.y });
  };

  const open: Edge[] = [];
  for (const edge of edges) {
    const found = conflict(edge.a, edge.b, round);
    if (found) refuse(edge, found.rule, found.against);
    else open.push(edge);
  }
  const doubtful = open.length > 1 ? contradictory(round, open) : undefined;
  for (const edge of open) {
    const against = doubtful?.get(edge);
    if (against) {
      refuse(edge, 'ambiguous', against);
      continue;
    }
    const [a, b] = [clusters[edge.x]!, clusters[edge.y]!];
    if (a === b) continue;
    // Both may have grown since: what each became is checked, not what each was.
    const found = conflict(a, b, round);
    if (found) {
      refuse(edge, found.rule, found.against);
      continue;
    }
    for (const place of b.records) clusters[place] = a;
    absorb(a, b);
  }
}

/** Edges of a cluster whose candidates cannot be one machine, with the keys in which these differ. */
function contradictory(round: Round, open: readonly Edge[]): Map<Edge, string[]> | undefined {
  if (uniform(open)) return undefined;
  const around = new Map<Cluster, Edge[]>();
  for (const edge of open) {
    for (const end of [edge.a, edge.b]) {
      const known = around.get(end);
      if (known) known.push(edge);
      else around.set(end, [edge]);
    }
  }
  const doubtful = new Map<Edge, string[]>();
  for (const [centre, edges] of around) {
    for (let j = 1; j < edges.length; j++) {
      for (let i = 0; i < j; i++) {
        const [left, right] = [edges[i]!, edges[j]!];
        const found = conflict(left.a === centre ? left.b : left.a, right.a === centre ? right.b : right.a, round);
        if (!found) continue;
        if (!doubtful.has(left)) doubtful.set(left, found.against);
        if (!doubtful.has(right)) doubtful.set(right, found.against);
      }
    }
  }
  return doubtful;
}

/** Whether no two clusters could contradict each other: the common case, told without comparing all pairs. */
function uniform(open: readonly Edge[]): boolean {
  const { a: first } = open[0]!;
  const alike = (cluster: Cluster) =>
    cluster.class === first.class &&
    sameOnly(cluster.cloud, first.cloud) &&
    sameOnly(cluster.serial, first.serial) &&
    sameOnly(cluster.uuid, first.uuid) &&
    sameOnly(cluster.names, first.names);
  return open.every((edge) => alike(edge.a) && alike(edge.b));
}

function sameOnly(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}
