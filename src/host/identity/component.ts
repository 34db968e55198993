import { clusterOf, unite, type Cluster, type Component, type Edge } from './cluster.js';
import type { ComponentDecisions } from './decisions.js';
import { addKey, agreements, evidenceOf, keysOf, type Evidence } from './evidence.js';
import type { Facts } from './facts.js';
import { joinAtLevel } from './join.js';
import { MATCH_LEVELS, type MatchLevel } from './match-levels.js';
import type { KeyFinding, KeyVerdict, Reason, ForbiddenJoin, Resolution, ResolvedHost } from './resolution.js';
import type { HostRecord } from '../types.js';

/** A key that several records of the component share: their positions, ascending. */
export interface SharedKey {
  key: string;
  holders: number[];
}

/** Match levels for a component that is too large to compare its records pair by pair. */
const STRONG = MATCH_LEVELS.filter(({ level }) => level === 'cloud' || level === 'hardware');

/**
 * Joins the records of one component, strongest evidence first, and checks each join against all members of both clusters.
 * `facts` are sorted by record id and `shared` by key, so the result does not depend on any other order.
 */
export function resolveComponent(
  facts: readonly Facts[],
  shared: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  decided: ComponentDecisions,
  strongOnly: boolean,
  into: Resolution,
): void {
  const from = into.clusters.length;
  if (facts.length === 1) into.clusters.push(alone(facts[0]!, states));
  else joinAll(facts, shared, states, decided, strongOnly, into);
  if (strongOnly) for (const host of into.clusters.slice(from)) host.oversized = true;
}

function joinAll(
  facts: readonly Facts[],
  shared: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
  { joins, splits }: ComponentDecisions,
  strongOnly: boolean,
  into: Resolution,
): void {
  const component: Component = {
    facts,
    clusters: facts.map((fact, at) => clusterOf(fact, at, states)),
    splits,
    reasons: [],
    forbidden: new Map(),
  };
  for (const { i, j, at } of joins) if (!splitLater(component, i, j, at)) unite(component, 'decision', i, j);
  const pairs = evidence(facts, shared, states);
  for (const level of strongOnly ? STRONG : MATCH_LEVELS) {
    const edges = openEdges(component, pairs, level);
    if (edges.length > 0) joinAtLevel(component, level, edges);
  }
  finalize(component, states, into);
}

function alone({ record }: Facts, states: ReadonlyMap<string, KeyVerdict>): ResolvedHost {
  return { members: [record.id], reasons: [], forbidden: [], findings: findingsOf([record], states) };
}

function splitLater({ clusters, splits }: Component, i: number, j: number, at: string): boolean {
  const [a, b] = [clusters[i], clusters[j]];
  return splits.some((split) => {
    const [left, right] = [clusters[split.i], clusters[split.j]];
    return split.at >= at && ((left === a && right === b) || (left === b && right === a));
  });
}

/** Collects the common values of each pair of records that share a key. */
function evidence(
  facts: readonly Facts[],
  shared: readonly SharedKey[],
  states: ReadonlyMap<string, KeyVerdict>,
): Evidence[] {
  const pairs = new Map<number, Evidence>();
  for (const { key, holders } of shared) {
    const verdict = states.get(key);
    for (let b = 1; b < holders.length; b++) {
      for (let a = 0; a < b; a++) {
        const [i, j] = [holders[a]!, holders[b]!];
        let pair = pairs.get(i * facts.length + j);
        if (!pair) pairs.set(i * facts.length + j, (pair = evidenceOf(facts[i]!, facts[j]!, i, j)));
        addKey(pair, key, verdict);
      }
    }
  }
  return [...pairs.values()];
}

function openEdges({ clusters }: Component, pairs: readonly Evidence[], level: MatchLevel): Edge[] {
  const edges: Edge[] = [];
  for (const evidence of pairs) {
    if (clusters[evidence.i] === clusters[evidence.j]) continue;
    const score = level.score(evidence);
    if (score > 0) edges.push({ evidence, score });
  }
  return edges;
}

function finalize(
  { facts, clusters, reasons, forbidden }: Component,
  states: ReadonlyMap<string, KeyVerdict>,
  into: Resolution,
): void {
  const made = new Map<Cluster, ResolvedHost>();
  const idAt = (position: number) => facts[position]!.record.id;
  facts.forEach(({ record }, at) => {
    const cluster = clusters[at]!;
    let host = made.get(cluster);
    if (!host) made.set(cluster, (host = { members: [], reasons: [], forbidden: [], findings: [] }));
    host.members.push(record.id);
  });
  for (const { level, i, j, evidence } of reasons) {
    const [a, b] = i < j ? [i, j] : [j, i];
    const reason: Reason = { level, keys: evidence ? keysOf(evidence) : [], records: [idAt(a), idAt(b)] };
    const agreed = evidence ? agreements(evidence) : [];
    if (agreed.length > 0) reason.facts = agreed;
    made.get(clusters[a]!)!.reasons.push(reason);
  }
  for (const { rule, level, evidence, against } of forbidden.values()) {
    const [left, right] = [clusters[evidence.i]!, clusters[evidence.j]!];
    // Other evidence has joined these clusters in the meantime.
    if (left === right) continue;
    const records: [string, string] = [idAt(evidence.i), idAt(evidence.j)];
    const join: ForbiddenJoin = { rule, level, keys: keysOf(evidence), against, records };
    into.forbidden.push(join);
    made.get(left)!.forbidden.push(join);
    made.get(right)!.forbidden.push(join);
  }
  for (const [cluster, host] of made) {
    host.forbidden.sort(byRecords);
    host.findings = findingsOf(
      cluster.members.map(({ record }) => record),
      states,
    );
    into.clusters.push(host);
  }
}

function byRecords({ records: a }: ForbiddenJoin, { records: b }: ForbiddenJoin): number {
  return a[0] === b[0] ? (a[1] < b[1] ? -1 : 1) : a[0] < b[0] ? -1 : 1;
}

function findingsOf(records: readonly HostRecord[], states: ReadonlyMap<string, KeyVerdict>): KeyFinding[] {
  if (states.size === 0) return [];
  const found = new Map<string, KeyFinding>();
  for (const { keys } of records) {
    for (const key of keys) {
      const verdict = states.get(key);
      if (verdict && verdict.state !== 'ok') found.set(key, { key, ...verdict });
    }
  }
  return [...found.keys()].sort().map((key) => found.get(key)!);
}
