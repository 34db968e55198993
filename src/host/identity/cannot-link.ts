import type { Cluster } from './cluster.js';
import { namesAgree, namesDiffer, shared } from './evidence.js';
import { disjoint, type Facts } from './facts.js';
import { surelyTogether } from './active-interval.js';
import type { ForbiddenBy } from './resolution.js';

export type CannotLinkRule = Exclude<ForbiddenBy, 'ambiguous' | 'size' | 'split'>;

/** Returns the evidence against two clusters being one machine, over all their members; `undefined` if there is none. */
type CannotLinkTest = (a: Cluster, b: Cluster) => string[] | undefined;

/**
 * Rules that forbid a join even if other evidence supports it. Each level of `match-levels.ts` names the rules that apply to it.
 *
 * | rule | forbids | because |
 * |---|---|---|
 * | class | a machine and a pod | pods report their node's instance id, serial and UUID |
 * | cloud | two instance ids | AWS, Azure and GCP never assign an id twice |
 * | serial | two serial numbers | different hardware under an old name is another machine, even if it follows the first; a replaced board keeps the serial |
 * | uuid | two hardware UUIDs, unless records with one serial had them in succession (a replaced board), or a name and an interface are shared (a desktop that is rebuilt at each logon) | SMBIOS |
 * | clone | one hardware id, but no interface and no name in common | copies at the storage level keep UUID, serial and agent id |
 * | agents | two active agents of one vendor without a common interface | a machine runs one agent at a time; a reinstalled agent follows the old one |
 * | macs | at name levels: both report interfaces, none in common | a machine rebuilt on an old name |
 * | os, manufacturer | different families of systems (appliances are a family), different computer manufacturers (`manufacturers.ts`) | scanners guess the system imprecisely, but not its family |
 * | domain | one short name in two real domains, neither inside the other | each domain may have its own `web-01` |
 */
export const CANNOT_LINK_RULES: Record<CannotLinkRule, CannotLinkTest> = {
  class: (a, b) => (classOf(a) === classOf(b) ? undefined : []),
  cloud: (a, b) => (disjoint(a.cloud, b.cloud) ? both(a.cloud, b.cloud) : undefined),
  serial: (a, b) => (disjoint(a.serial, b.serial) ? both(a.serial, b.serial) : undefined),
  uuid: (a, b) => {
    if (!disjoint(a.uuid, b.uuid)) return undefined;
    if (shared(a.serial, b.serial) && !pairOf(a, b, (x, y) => disjoint(x.uuid, y.uuid) && surelyTogether(x, y)))
      return undefined;
    if (shared(a.mac, b.mac) && pairOf(a, b, namesAgree)) return undefined;
    return both(a.uuid, b.uuid);
  },
  clone: (a, b) =>
    disjoint(a.mac, b.mac) && pairOf(a, b, namesDiffer) && !pairOf(a, b, namesAgree) ? both(a.mac, b.mac) : undefined,
  agents: (a, b) => {
    const found = pairOf(
      a,
      b,
      (x, y) =>
        x.agent && y.agent && x.record.vendor === y.record.vendor && !shared(x.mac, y.mac) && surelyTogether(x, y),
    );
    return found && found.map(({ record }) => `record:${record.id}`).sort();
  },
  macs: (a, b) => (disjoint(a.mac, b.mac) ? both(a.mac, b.mac) : undefined),
  os: (a, b) => {
    const found = pairOf(a, b, (x, y) => x.os !== 0 && y.os !== 0 && x.os !== y.os);
    return found && texts('os', found, ({ record }) => record.observation.device.os?.name);
  },
  manufacturer: (a, b) => {
    const found = pairOf(
      a,
      b,
      (x, y) => x.manufacturer !== undefined && y.manufacturer !== undefined && x.manufacturer !== y.manufacturer,
    );
    return found && texts('manufacturer', found, ({ manufacturer }) => manufacturer);
  },
  domain: (a, b) => {
    const found = pairOf(a, b, (x, y) => {
      if (x.fqdn.length === 0 || y.fqdn.length === 0) return false;
      return !x.fqdn.some((left) => y.fqdn.some((right) => related(domainOf(left), domainOf(right))));
    });
    return found && texts('domain', found, ({ fqdn }) => fqdn[0] && domainOf(fqdn[0]));
  },
};

const classOf = (cluster: Cluster) => cluster.members[0]!.record.observation.class;

const both = (a: readonly string[], b: readonly string[]) => [...a, ...b].sort();

/** Returns the first pair of members for which `test` returns `true`. */
function pairOf(a: Cluster, b: Cluster, test: (x: Facts, y: Facts) => boolean): [Facts, Facts] | undefined {
  for (const x of a.members) for (const y of b.members) if (test(x, y)) return [x, y];
  return undefined;
}

function texts(fact: string, found: [Facts, Facts], of: (facts: Facts) => string | undefined): string[] {
  return found.map((facts) => `${fact}:${of(facts) ?? '?'}`).sort();
}

const domainOf = (key: string) => key.slice(key.indexOf('.') + 1);

function related(a: string, b: string): boolean {
  return a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);
}
