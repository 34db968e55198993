import { sameName } from '../canonical/hostname.js';
import { disjoint, kindOf, type Facts } from './facts.js';
import { gapDays, maybeTogether } from './active-interval.js';
import type { KeyVerdict } from './resolution.js';

/** What two records have in common, without suppressed keys. */
export interface Evidence {
  x: Facts;
  y: Facts;
  /** Positions in the component, the smaller first. */
  i: number;
  j: number;
  cloud: string[];
  /** Serials, UUIDs and agent ids. */
  hard: string[];
  weakHard: string[];
  macs: string[];
  weakMacs: string[];
  /** Number of `weakMacs` that are weak only because their holders' names differ. */
  rivalMacs: number;
  /** Full names, names with an address, short names. */
  names: string[];
  /** Whether a good (not weak) key of this kind is shared. A weak key belongs to several machines at the same time. */
  fqdn: boolean;
  nameIp: boolean;
  name: boolean;
  sameName: boolean;
  sameIp: boolean;
  /** Days between the two active intervals; negative if they overlap. */
  gap: number;
  /** Whether both may have been active at the same time, see `maybeTogether`. */
  together: boolean;
  /** Both records come from agents of one vendor: a reinstalled agent, or new hardware with the old name. */
  successor: boolean;
}

export function evidenceOf(x: Facts, y: Facts, i: number, j: number): Evidence {
  return {
    x,
    y,
    i,
    j,
    cloud: [],
    hard: [],
    weakHard: [],
    macs: [],
    weakMacs: [],
    rivalMacs: 0,
    names: [],
    fqdn: false,
    nameIp: false,
    name: false,
    sameName: namesAgree(x, y),
    sameIp: shared(x.ips, y.ips),
    gap: gapDays(x, y),
    together: maybeTogether(x, y),
    successor: x.agent && y.agent && x.record.vendor === y.record.vendor,
  };
}

/** Adds a key that both records have. */
export function addKey(evidence: Evidence, key: string, verdict: KeyVerdict | undefined): void {
  const weak = verdict?.state === 'weak';
  switch (kindOf(key)) {
    case 'cloud':
      evidence.cloud.push(key);
      break;
    case 'agent':
    case 'serial':
    case 'uuid':
      (weak ? evidence.weakHard : evidence.hard).push(key);
      break;
    case 'mac':
      (weak ? evidence.weakMacs : evidence.macs).push(key);
      if (weak && verdict.why === 'names') evidence.rivalMacs++;
      break;
    case 'fqdn':
      evidence.names.push(key);
      evidence.fqdn ||= !weak;
      break;
    case 'name-ip':
      evidence.names.push(key);
      evidence.nameIp ||= !weak;
      break;
    default:
      evidence.names.push(key);
      evidence.name ||= !weak;
  }
}

/** All shared keys, sorted. */
export function keysOf({ cloud, hard, weakHard, macs, weakMacs, names }: Evidence): string[] {
  return [...cloud, ...hard, ...weakHard, ...macs, ...weakMacs, ...names].sort();
}

/** Whether the records share a specific name. */
export function namesAgree(a: Facts, b: Facts): boolean {
  for (const left of a.names) for (const right of b.names) if (sameName(left, right)) return true;
  return false;
}

/** Whether both records have specific names, and none in common. */
export function namesDiffer(a: Facts, b: Facts): boolean {
  return a.names.length > 0 && b.names.length > 0 && !namesAgree(a, b);
}

export function shared(a: readonly string[], b: readonly string[]): boolean {
  return a.length > 0 && b.length > 0 && !disjoint(a, b);
}

/** Agreements other than keys, as `fact:value`, sorted: for explanations, and for the weakest match level. */
export function agreements({ x, y }: Evidence): string[] {
  const found: string[] = [];
  const name = x.names.find((left) => y.names.some((right) => sameName(left, right)));
  if (name !== undefined) found.push(`hostname:${name}`);
  const ip = x.ips.find((address) => y.ips.includes(address));
  if (ip !== undefined) found.push(`ip:${ip}`);
  const network = sameSite(x.ips, y.ips);
  if (network !== undefined && ip === undefined) found.push(`network:${network}`);
  const external = x.record.observation.external_ips.find((address) =>
    y.record.observation.external_ips.includes(address),
  );
  if (external !== undefined) found.push(`external:${external}`);
  const [left, right] = [x.record.observation.device, y.record.observation.device];
  if (left.model !== undefined && left.model === right.model) found.push(`model:${left.model}`);
  const owner = left.owner?.name.toLowerCase();
  if (owner !== undefined && owner === right.owner?.name.toLowerCase()) found.push(`owner:${owner}`);
  return found.sort();
}

/**
 * Returns a common block of 10.0.0.0/8, because address plans assign such blocks to sites. 10.0 is excluded: routers and
 * clouds use it by default.
 */
function sameSite(a: readonly string[], b: readonly string[]): string | undefined {
  const site = (ip: string) => /^10\.[1-9]\d*\./.exec(ip)?.[0];
  const sites = a.flatMap((ip) => site(ip) ?? []);
  return b.flatMap((ip) => site(ip) ?? []).find((found) => sites.includes(found));
}
