import type { Placed } from './decisions.js';
import type { Evidence } from './evidence.js';
import type { Facts } from './facts.js';
import type { KeyVerdict, Level, RefusedBy } from './resolution.js';

/** Records that are one machine so far, with what they claim together. Only keys that are neither weak nor cut are evidence against a join. */
export interface Cluster {
  members: Facts[];
  /** Places of the members in their component; the first is the smallest. */
  places: number[];
  cloud: readonly string[];
  serial: readonly string[];
  uuid: readonly string[];
  mac: readonly string[];
}

type Lists = 'cloud' | 'serial' | 'uuid' | 'mac';
const LISTS: readonly Lists[] = ['cloud', 'serial', 'uuid', 'mac'];

export function clusterOf(facts: Facts, place: number, states: ReadonlyMap<string, KeyVerdict>): Cluster {
  const good = (keys: readonly string[]) =>
    states.size === 0 || keys.length === 0 ? keys : keys.filter((key) => (states.get(key)?.state ?? 'ok') === 'ok');
  return {
    members: [facts],
    places: [place],
    cloud: good(facts.cloud),
    serial: good(facts.serial),
    uuid: good(facts.uuid),
    mac: good(facts.mac),
  };
}

/** A component under resolution: what its records say, and how far they have been joined. */
export interface Component {
  facts: readonly Facts[];
  /** The cluster of the record at each place. */
  clusters: Cluster[];
  splits: Placed['splits'];
  reasons: { level: Level; i: number; j: number; evidence?: Evidence }[];
  refusals: Map<string, { rule: RefusedBy; level: Level; evidence: Evidence; against: string[] }>;
}

/** A pair that a tier would join, between clusters that are not one yet. */
export interface Edge {
  evidence: Evidence;
  score: number;
}

/** Joins the clusters of two places and remembers why. */
export function unite(component: Component, level: Level, i: number, j: number, evidence?: Evidence): void {
  const { clusters, reasons } = component;
  const [a, b] = [clusters[i]!, clusters[j]!];
  if (a === b) return;
  for (const place of b.places) clusters[place] = a;
  absorb(a, b);
  reasons.push(evidence ? { level, i, j, evidence } : { level, i, j });
}

/** Moves what `from` claims, and its records, into `into`. */
function absorb(into: Cluster, from: Cluster): void {
  into.members.push(...from.members);
  into.places.push(...from.places);
  for (const field of LISTS) {
    const [known, more] = [into[field], from[field]];
    if (more.length === 0) continue;
    into[field] = known.length === 0 ? more : [...known, ...more.filter((value) => !known.includes(value))];
  }
}
