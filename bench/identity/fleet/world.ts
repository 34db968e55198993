import { RandomStream } from './random-stream.js';
import type { RateName, Rates } from './rates.js';

export type Kind = 'server' | 'vmware' | 'hyperv' | 'ec2' | 'azure' | 'gcp' | 'laptop' | 'desktop' | 'mac' | 'pod';

const KINDS: readonly Kind[] = ['server', 'vmware', 'hyperv', 'ec2', 'azure', 'gcp', 'laptop', 'desktop', 'mac', 'pod'];

/** Shared properties of a fleet: the numbers of sites, docks, accounts and batches for its size. */
export interface World {
  seed: number;
  hosts: number;
  rates: Rates;
  /** Cumulative shares of the kinds. */
  upTo: readonly number[];
  sites: number;
  accounts: number;
  docks: number;
  batches: number;
  templates: number;
  twinMacs: number;
  twinMacsHyperv: number;
  agentClones: number;
  enis: number;
}

export function worldOf(seed: number, hosts: number, rates: Rates): World {
  const weights = KINDS.map((kind) => rates[`mix-${kind}` satisfies RateName]);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw new RangeError('No kind of machine has a weight');
  let sum = 0;
  const upTo = weights.map((weight) => (sum += weight) / total);
  const share = (...kinds: Kind[]): number => kinds.reduce((all, kind) => all + rates[`mix-${kind}`], 0) / total;
  /** The number of groups of `size` machines, if the share `rate` of the machines of `kinds` is in a group. */
  const groups = (rate: number, size: number, ...kinds: Kind[]): number =>
    Math.max(1, Math.round((hosts * share(...kinds) * rate) / Math.max(1, size)));
  return {
    seed,
    hosts,
    rates,
    upTo,
    sites: Math.max(3, Math.round(hosts / 400)),
    accounts: Math.max(3, Math.round(hosts / 1_500)),
    docks: groups(rates.dock * (1 + rates['dock-second']), rates['dock-size'], 'laptop', 'mac'),
    batches: groups(rates['serial-batch'], rates['serial-batch-size'], 'server', 'desktop', 'laptop'),
    templates: groups(rates.clone, 2.5, 'vmware'),
    twinMacs: groups(rates['twin-mac'], 2, 'vmware'),
    twinMacsHyperv: groups(rates['twin-mac-hyperv'], 2, 'hyperv'),
    agentClones: groups(rates['clone-agent'], 2, 'vmware', 'hyperv', 'ec2', 'azure', 'gcp'),
    enis: groups(rates['moved-eni'], 2, 'ec2'),
  };
}

export function kindOf(world: World, slot: number): Kind {
  const random = new RandomStream(world.seed, slot, 'kind').share();
  const at = world.upTo.findIndex((upTo) => random < upTo);
  return KINDS[at < 0 ? KINDS.length - 1 : at]!;
}

const DOMAINS = ['corp.example.com', 'emea.example.com', 'apac.example.com', 'us.example.net', 'labs.example.org'];

export function siteOf(world: World, slot: number): number {
  return new RandomStream(world.seed, slot, 'kind').next() % world.sites;
}

/** The directory domain of a site. */
export function domainOf(site: number): string {
  return DOMAINS[site % DOMAINS.length]!;
}

export const isEndpoint = (kind: Kind): boolean => kind === 'laptop' || kind === 'desktop' || kind === 'mac';
export const isCloud = (kind: Kind): boolean => kind === 'ec2' || kind === 'azure' || kind === 'gcp';
export const isVirtual = (kind: Kind): boolean => kind === 'vmware' || kind === 'hyperv' || isCloud(kind);
export const isPhysical = (kind: Kind): boolean => kind === 'server' || isEndpoint(kind);
