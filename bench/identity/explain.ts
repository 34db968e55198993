import type { Resolution } from '../../src/host/identity/resolution.js';
import type { HostRecord } from '../../src/host/types.js';
import type { Collected } from './collect.js';

/** Pitfalls that never cause a missed pair: they add a shared identifier or change none of a record's identifiers. */
const HARMLESS = new Set([
  'other-user',
  'vpn-adapter',
  'host-only',
  'docker',
  't2-bridge',
  'same-cidr',
  'late-install',
  'swapped-uuid',
  'shared-mac',
  'gcp-mac',
  'long-name',
]);

const kindOf = (tag: string): string => tag.replace(/[:>].*$/, '');

function tagsOf({ pitfalls }: Collected, at: number): string[] {
  return (pitfalls[at] ?? '').split(' ').filter((tag) => tag !== '');
}

/** Why two machines look like one: pitfalls that both have, and pitfalls of one that name the other's slot. */
export function sharedPitfalls(collected: Collected, a: number, b: number): string[] {
  const [left, right] = [tagsOf(collected, a), tagsOf(collected, b)];
  const found = new Set(left.filter((tag) => tag.includes(':') && right.includes(tag)).map(kindOf));
  for (const [tags, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const slot = other.find((tag) => tag.startsWith('@'))?.slice(1);
    for (const tag of tags) if (slot !== undefined && tag.endsWith(`>${slot}`)) found.add(kindOf(tag));
  }
  return [...found].sort();
}

/** Pitfalls that may hide that two records are one machine: those that change or remove identifiers. */
export function hidingPitfalls(collected: Collected, a: number, b: number): string[] {
  const kinds = [...tagsOf(collected, a), ...tagsOf(collected, b)].filter((tag) => !tag.startsWith('@')).map(kindOf);
  return [...new Set(kinds)].filter((kind) => !HARMLESS.has(kind)).sort();
}

/** The keys that both groups of records have. */
export function sharedKeys(records: readonly HostRecord[], a: readonly number[], b: readonly number[]): string[] {
  const left = new Set(a.flatMap((at) => records[at]!.keys));
  return [...new Set(b.flatMap((at) => records[at]!.keys))].filter((key) => left.has(key));
}

/** The model's explanation: the match levels that joined two records, or the cannot-link rules that kept their hosts apart. */
export class Explanation {
  private readonly forbiddenRules = new Map<string, Set<string>>();
  private readonly states = new Map<string, string>();

  constructor(
    private readonly collected: Collected,
    private readonly hostOf: Int32Array,
    private readonly resolution: Resolution,
  ) {
    const place = new Map(collected.records.map(({ id }, at) => [id, at]));
    for (const { rule, records } of resolution.forbidden) {
      const pair = this.pair(place.get(records[0])!, place.get(records[1])!);
      const rules = this.forbiddenRules.get(pair);
      if (rules) rules.add(rule);
      else this.forbiddenRules.set(pair, new Set([rule]));
    }
    for (const { findings } of resolution.clusters) for (const { key, state } of findings) this.states.set(key, state);
  }

  /** The levels that joined the two records directly. */
  joined(a: number, b: number): string {
    const { records } = this.collected;
    const ids = [records[a]!.id, records[b]!.id];
    const direct = this.resolution.clusters[this.hostOf[a]!]!.reasons.filter((reason) =>
      reason.records.every((id) => ids.includes(id)),
    );
    return direct.length === 0 ? 'joined through others' : `joined by ${list(direct.map(({ level }) => level))}`;
  }

  /** The cannot-link rules that kept the hosts of the two records apart. */
  forbidden(a: number, b: number): string {
    const rules = this.forbiddenRules.get(this.pair(a, b));
    return rules ? `forbidden by ${list(rules)}` : 'not tried';
  }

  /** The kinds of keys. A key that is weak or suppressed is followed by its state: `mac(suppressed)+name`. */
  kinds(keys: readonly string[]): string {
    if (keys.length === 0) return 'no key in common';
    return `share ${list(
      keys.map((key) => {
        const state = this.states.get(key);
        return key.slice(0, key.indexOf(':')) + (state === undefined ? '' : `(${state})`);
      }),
    )}`;
  }

  private pair(a: number, b: number): string {
    const [x, y] = [this.hostOf[a]!, this.hostOf[b]!];
    return x < y ? `${x} ${y}` : `${y} ${x}`;
  }
}

export function list(names: Iterable<string>): string {
  return [...new Set(names)].sort().join('+');
}
