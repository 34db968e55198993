import { unite, type Cluster, type Component, type Edge } from './cluster.js';
import type { MatchLevel } from './match-levels.js';
import type { ForbiddenBy } from './resolution.js';
import { CANNOT_LINK_RULES } from './cannot-link.js';

/**
 * Maximum number of records in a cluster. Only an instance id, a serial, a UUID or a user's decision forms a larger one.
 */
const CLUSTER_CAP = 16;

interface Conflict {
  rule: ForbiddenBy;
  against: string[];
}

/**
 * Joins the clusters of the edges that no rule forbids, the best edge first. Of candidates that contradict each other,
 * joins only one that is clearly better.
 */
export function joinAtLevel(component: Component, level: MatchLevel, edges: readonly Edge[]): void {
  const { clusters } = component;
  const allowed: Edge[] = [];
  for (const edge of edges) {
    const { i, j } = edge.evidence;
    const found = conflict(component, clusters[i]!, clusters[j]!, level);
    if (found) forbid(component, level, edge, found);
    else allowed.push(edge);
  }
  allowed.sort(better);
  const doubtful = allowed.length > 1 ? contradictory(component, level, allowed) : undefined;
  for (const edge of allowed) {
    const against = doubtful?.get(edge);
    const { i, j } = edge.evidence;
    if (against) {
      forbid(component, level, edge, { rule: 'ambiguous', against });
      continue;
    }
    const [a, b] = [clusters[i]!, clusters[j]!];
    if (a === b) continue;
    // Earlier joins may have enlarged both clusters, so the rules are checked again.
    const found = conflict(component, a, b, level);
    if (found) forbid(component, level, edge, found);
    else unite(component, level.level, i, j, edge.evidence);
  }
}

/** By score, then by gap, then by records: a total order. */
function better(a: Edge, b: Edge): number {
  return rank(b, a) || a.evidence.gap - b.evidence.gap || a.evidence.i - b.evidence.i || a.evidence.j - b.evidence.j;
}

/** Positive if `a` is clearly better than `b`. */
function rank(a: Edge, b: Edge): number {
  return a.score - b.score || Number(a.evidence.together) - Number(b.evidence.together);
}

function conflict({ splits, clusters }: Component, a: Cluster, b: Cluster, level: MatchLevel): Conflict | undefined {
  for (const { i, j } of splits) {
    const [left, right] = [clusters[i], clusters[j]];
    if ((left === a && right === b) || (left === b && right === a)) return { rule: 'split', against: [] };
  }
  for (const rule of level.cannotLink) {
    const against = CANNOT_LINK_RULES[rule](a, b);
    if (against) return { rule, against };
  }
  if (level.level !== 'cloud' && level.level !== 'hardware' && a.members.length + b.members.length > CLUSTER_CAP)
    return { rule: 'size', against: [] };
  return undefined;
}

function forbid({ forbidden }: Component, level: MatchLevel, { evidence }: Edge, { rule, against }: Conflict): void {
  const id = `${evidence.i} ${evidence.j}`;
  // Keeps the entry of the strongest level.
  if (!forbidden.has(id)) forbidden.set(id, { rule, level: level.level, evidence, against });
}

/**
 * Returns the edges of a cluster whose candidates cannot be one machine, each with the values in which they differ. Omits
 * an edge that is clearly better than the others.
 */
function contradictory(component: Component, level: MatchLevel, allowed: readonly Edge[]): Map<Edge, string[]> {
  const { clusters } = component;
  const around = new Map<Cluster, Edge[]>();
  for (const edge of allowed) {
    for (const end of [clusters[edge.evidence.i]!, clusters[edge.evidence.j]!]) {
      const known = around.get(end);
      if (known) known.push(edge);
      else around.set(end, [edge]);
    }
  }
  const doubtful = new Map<Edge, string[]>();
  for (const [centre, edges] of around) {
    for (let l = 1; l < edges.length; l++) {
      for (let k = 0; k < l; k++) {
        const [left, right] = [edges[k]!, edges[l]!];
        const [a, b] = [far(clusters, left, centre), far(clusters, right, centre)];
        if (a === b) continue;
        const found = conflict(component, a, b, level);
        if (!found) continue;
        // `allowed` is sorted: `right` is never better.
        if (!doubtful.has(right)) doubtful.set(right, found.against);
        if (rank(left, right) === 0 && !doubtful.has(left)) doubtful.set(left, found.against);
      }
    }
  }
  return doubtful;
}

function far(clusters: readonly Cluster[], { evidence: { i, j } }: Edge, centre: Cluster): Cluster {
  return clusters[i] === centre ? clusters[j]! : clusters[i]!;
}
