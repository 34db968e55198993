import { evidenceOf, namesAgree } from './evidence.js';
import { factsOf, kindOf, type Facts, type Kind } from './facts.js';
import { KEY_LIMITS } from './key-state.js';
import { COMPONENT_CAP, resolve } from './resolve.js';
import type {
  Decisions,
  KeyFinding,
  KeyVerdict,
  Level,
  Reason,
  ForbiddenJoin,
  ForbiddenBy,
  ResolvedHost,
} from './resolution.js';
import type { HostRecord } from '../types.js';
import { evidenceText, keyText, listed, recordText } from './wording.js';

/** Explains one host. Returns one sentence for each join, for each forbidden join, and for each weak or suppressed key. */
export function explainHost({ reasons, forbidden, findings, oversized }: Omit<ResolvedHost, 'members'>): string[] {
  const sentences = [
    ...reasons.map(explainReason),
    ...forbidden.map(explainForbidden),
    ...findings.map(explainFinding),
  ];
  return oversized ? [...sentences, OVERSIZED] : sentences;
}

const OVERSIZED =
  `Names and interfaces connect more than ${COMPONENT_CAP} records to this host, so only instance ids, agent ids, serial ` +
  'numbers and hardware UUIDs were used to join its records.';

/** The kinds of key that decide at each match level; the explanation also lists the other shared keys. */
const DECISIVE: Record<Level, readonly Kind[]> = {
  decision: [],
  cloud: ['cloud'],
  hardware: ['serial', 'uuid', 'agent'],
  'mac+name': ['mac'],
  mac: ['mac'],
  'mac+renamed': ['mac'],
  'name+address': ['name-ip'],
  fqdn: ['fqdn'],
  name: ['name'],
};

const BECAUSE: Record<Level, (keys: string, facts: string) => string> = {
  decision: () => 'a user decided so',
  cloud: (keys) => `both report ${keys}`,
  hardware: (keys) => `both report ${keys}`,
  'mac+name': (keys, facts) => `both have ${keys}${facts && ` and agree in ${facts}`}`,
  mac: (keys) => `both have ${keys} and their names do not differ`,
  'mac+renamed': (keys, facts) => `both have ${keys}${facts && ` and agree in ${facts}`}, under another name each`,
  'name+address': (keys) => `both report ${keys}`,
  fqdn: (keys) => `both have the ${keys} at the same time`,
  name: (keys, facts) => `both have the ${keys} at the same time and agree in ${facts}`,
};

export function explainReason({ level, keys, facts = [], records: [a, b] }: Reason): string {
  const decisive = keys.filter((key) => DECISIVE[level].includes(kindOf(key)));
  const others = keys.filter((key) => !decisive.includes(key));
  const agreed = facts.filter((fact) => !fact.startsWith('hostname:') || level === 'mac+name');
  const because = BECAUSE[level](listed(decisive.map(keyText)), listed(agreed.map(evidenceText)));
  const also = others.length === 0 || level === 'name' ? '' : `; they also share ${listed(others.map(keyText))}`;
  return `${recordText(a)} and ${recordText(b)} are one host because ${because}${also}.`;
}

const AGAINST: Record<ForbiddenBy, (against: string) => string> = {
  split: () => 'a user decided so',
  class: () => 'one is a pod or container, which reports the identifiers of its node',
  cloud: (against) => `they are different cloud instances (${against})`,
  serial: (against) => `they have different serial numbers (${against})`,
  uuid: (against) => `they have different hardware UUIDs (${against})`,
  clone: (against) => `they have no interface and no name in common (${against}), as copies of one machine do`,
  agents: (against) => `agents of one vendor were active on both at the same time (${against})`,
  macs: (against) => `their interfaces are all different (${against})`,
  os: (against) => `they run different systems (${against})`,
  manufacturer: (against) => `they are of different manufacturers (${against})`,
  domain: (against) => `they are in different domains (${against})`,
  size: () => 'together they have more records than one machine can have',
  ambiguous: (against) => `there are several candidates, which differ in ${against}`,
};

export function explainForbidden({ rule, keys, against, records: [a, b] }: ForbiddenJoin): string {
  const because = AGAINST[rule](listed(against.map(evidenceText)));
  return `${recordText(a)} and ${recordText(b)} share ${listed(keys.map(keyText))}, but are kept apart: ${because}.`;
}

const DOUBT: Record<Exclude<NonNullable<KeyVerdict['why']>, 'holders'>, string> = {
  cloud: 'as different cloud instances',
  serial: 'with different serial numbers',
  uuid: 'with different hardware UUIDs',
  agents: 'with an agent of one vendor each',
  names: 'with different names',
  nics: 'with all their interfaces different',
};

export function explainFinding({ key, state, holders, why, records }: KeyFinding): string {
  const effect = state === 'suppressed' ? 'is ignored' : 'joins records only together with a second agreement';
  const because =
    why === undefined || why === 'holders'
      ? `${holders === undefined ? 'too many' : holders} records have it, and a key that more than ${KEY_LIMITS[kindOf(key)]} records share does not identify a machine`
      : `${records ? listed(records) : 'records that have it'} were active at the same time ${DOUBT[why]}`;
  return `The ${keyText(key)} ${effect}: ${because}.`;
}

/**
 * Explains why two records are or are not one host. `records` are the records of their components, with the states of their
 * keys. Throws `RangeError` if they do not include both.
 */
export function whyOrWhyNot(
  a: string,
  b: string,
  records: readonly HostRecord[],
  states: ReadonlyMap<string, KeyVerdict>,
  decisions: Decisions = [],
  oversized: ReadonlySet<string> = new Set(),
): { one: boolean; sentences: string[] } {
  const [x, y] = [a, b].map((id) => records.find((record) => record.id === id));
  if (!x || !y) throw new RangeError(`There is no record ${x ? b : a} among the records to explain`);
  const { clusters, forbidden } = resolve(records, states, decisions, { oversized });
  const [left, right] = [a, b].map((id) => clusters.find(({ members }) => members.includes(id))!);
  if (left === right) return { one: true, sentences: path(left!.reasons, a, b).map(explainReason) };
  const between = forbidden.filter(
    ({ records: [p, q] }) =>
      (left!.members.includes(p) && right!.members.includes(q)) ||
      (left!.members.includes(q) && right!.members.includes(p)),
  );
  between.sort(
    (p, q) =>
      Number(q.records.includes(a) && q.records.includes(b)) - Number(p.records.includes(a) && p.records.includes(b)),
  );
  const sentences = between.map(explainForbidden);
  if (sentences.length === 0) sentences.push(missing(x, y, states));
  const shared = x.keys.filter((key) => y.keys.includes(key));
  for (const key of shared) {
    const verdict = states.get(key);
    if (verdict && verdict.state !== 'ok') sentences.push(explainFinding({ key, ...verdict }));
  }
  if (left!.oversized || right!.oversized) sentences.push(OVERSIZED);
  return { one: false, sentences };
}

/** The chain of joins from one record to the other. */
function path(reasons: readonly Reason[], from: string, to: string): Reason[] {
  const reached = new Map<string, Reason[]>([[from, []]]);
  for (let grown = true; grown && !reached.has(to);) {
    grown = false;
    for (const reason of reasons) {
      const [p, q] = reason.records;
      const [from, next] = reached.has(p) ? [p, q] : [q, p];
      if (!reached.has(from) || reached.has(next)) continue;
      reached.set(next, [...reached.get(from)!, reason]);
      grown = true;
    }
  }
  return reached.get(to) ?? [];
}

/** Explains what is missing to join two records that no rule keeps apart. */
function missing(x: HostRecord, y: HostRecord, states: ReadonlyMap<string, KeyVerdict>): string {
  const pair = `${recordText(x.id)} and ${recordText(y.id)}`;
  const shared = x.keys.filter((key) => y.keys.includes(key));
  const good = shared.filter((key) => states.get(key)?.state !== 'suppressed');
  if (shared.length === 0) return `${pair} have no identifier in common.`;
  if (good.length === 0) return `${pair} have only suppressed identifiers in common.`;
  const share = `${pair} share ${listed(good.map(keyText))}`;
  const [left, right] = [factsOf(x), factsOf(y)];
  const { together, successor } = evidenceOf(left, right, 0, 1);
  if (good.every((key) => NAMES.has(kindOf(key)))) {
    if (successor)
      return `${share}, but are two agents of one vendor: it is unknown whether one was reinstalled or is on another machine.`;
    if (!together)
      return `${share}, but were not active at the same time (${activeSpan(left)}, ${activeSpan(right)}): another machine may take over a name.`;
    return `${share}, and a short name joins no records without a second agreement.`;
  }
  if (good.every((key) => kindOf(key) === 'mac') && !namesAgree(left, right))
    return `${share}, but have different names: an adapter can move between machines.`;
  return `${share}, which needs a second agreement.`;
}

const NAMES: ReadonlySet<Kind> = new Set(['fqdn', 'name-ip', 'name']);

function activeSpan({ record }: Facts): string {
  const day = (time: Date | undefined) => time?.toISOString().slice(0, 10) ?? '?';
  const { first_seen_time: first, last_seen_time: last } = record.observation.device;
  return `${record.id} from ${day(first)} to ${day(last)}`;
}
