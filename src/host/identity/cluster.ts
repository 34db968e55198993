import type { ComponentDecisions } from './decisions.js';
import type { Evidence } from './evidence.js';
import type { Facts } from './facts.js';
import type { KeyVerdict, Level, ForbiddenBy } from './resolution.js';

/**
 * Records that are joined so far, with the union of their keys. Weak and suppressed keys are excluded, because they are not
 * evidence against a join.
 */
export interface Cluster {
  members: Facts[];
  /** Positions of the members in their component; the first is the smallest. */
  positions: number[];
  cloud: readonly string[];
  serial: readonly string[];
  uuid: readonly string[];
  mac: readonly string[];
}

type Lists = 'cloud' | 'serial' | 'uuid' | 'mac';
const LISTS: readonly Lists[] = ['cloud', 'serial', 'uuid', 'mac'];

export function clusterOf(facts: Facts, position: number, states: ReadonlyMap<string, KeyVerdict>): Cluster {
  const good = (keys: readonly string[]) =>
    states.size === 0 || keys.length === 0 ? keys : keys.filter((key) => (states.get(key)?.state ?? 'ok') === 'ok');
  return {
    members: [facts],
    positions: [position],
    cloud: good(facts.cloud),
    serial: good(facts.serial),
    uuid: good(facts.uuid),
    mac: good(facts.mac),
  };
}

/** The state of one component while it is resolved. */
export interface Component {
  facts: readonly Facts[];
  /** The cluster of the record at each position. */
  clusters: Cluster[];
  splits: ComponentDecisions['splits'];
  reasons: { level: Level; i: number; j: number; evidence?: Evidence }[];
  forbidden: Map<string, { rule: ForbiddenBy; level: Level; evidence: Evidence; against: string[] }>;
}

/** A pair of records that a match level would join; their clusters are still separate. */
export interface Edge {
  evidence: Evidence;
  score: number;
}

/** Joins the clusters of two records and stores the reason. */
export function unite(component: Component, level: Level, i: number, j: number, evidence?: Evidence): void {
  const { clusters, reasons } = component;
  const [a, b] = [clusters[i]!, clusters[j]!];
  if (a === b) return;
  for (const position of b.positions) clusters[position] = a;
  absorb(a, b);
  reasons.push(evidence ? { level, i, j, evidence } : { level, i, j });
}

/** Moves the records and keys of `from` into `into`. */
function absorb(into: Cluster, from: Cluster): void {
  into.members.push(...from.members);
  into.positions.push(...from.positions);
  for (const field of LISTS) {
    const [known, more] = [into[field], from[field]];
    if (more.length === 0) continue;
    into[field] = known.length === 0 ? more : [...known, ...more.filter((value) => !known.includes(value))];
  }
}
