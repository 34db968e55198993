import { readFileSync } from 'node:fs';

/**
 * The composition of a fleet and its pitfalls, each as a share of the machines or records that its text names. There are no public
 * statistics of most of these, so they are estimates. The user can set each one (`--rate dock=0.6`, `--rates FILE`).
 */
export const RATES = {
  // Kinds of machines, as weights and not as shares.
  'mix-server': [0.08, 'physical servers on premises'],
  'mix-vmware': [0.2, 'virtual machines on VMware'],
  'mix-hyperv': [0.03, 'virtual machines on Hyper-V'],
  'mix-ec2': [0.2, 'EC2 instances'],
  'mix-azure': [0.08, 'Azure virtual machines'],
  'mix-gcp': [0.04, 'Google Compute Engine instances'],
  'mix-laptop': [0.2, 'Windows laptops'],
  'mix-desktop': [0.06, 'Windows desktops'],
  'mix-mac': [0.08, 'Macs'],
  'mix-pod': [0.03, 'Kubernetes pods with a sensor of their own'],

  // Which vendors see a machine.
  'seen-qualys': [0.8, 'machines with a Qualys agent or connector'],
  'seen-crowdstrike': [0.8, 'machines with a Falcon sensor'],
  'seen-tenable': [0.63, 'machines with a Tenable agent or authenticated scan'],
  'stopped-early': [0.15, 'records whose agent stopped while the machine stayed in use'],
  'late-install': [0.08, 'records whose agent was installed long after the machine'],
  'scan-qualys': [0.05, 'machines with a further record, by address, of a Qualys scanner'],
  'scan-tenable': [0.04, 'machines with a further record, by address, of a Tenable scanner'],
  'scan-cloud': [0.3, 'of those in a cloud: scanned by address, not through the cloud’s connector'],
  'stale-ptr': [0.03, 'of those on DHCP: reverse DNS still names another machine'],
  decommissioned: [0.08, 'machines that were decommissioned in the last year'],

  // Events of a machine.
  reimage: [0.06, 're-imaged machines: all agents are new'],
  'reimage-kept': [0.7, 'of those: vendors keep the old record'],
  'reimage-renamed': [0.3, 'of those: a new name as well'],
  reinstall: [0.02, 'machines where one agent was reinstalled'],
  rename: [0.03, 'machines that got another name'],
  lag: [0.35, 'records that still report the name or hardware from before a change'],
  refresh: [0.05, 'laptops, desktops and Macs that took over the name of the one they replaced'],
  rebuild: [0.03, 'virtual machines and cloud instances rebuilt with the same name and address'],
  'board-swap': [0.004, 'physical machines with a new board: same serial, other UUID and MAC'],
  'nic-swap': [0.005, 'physical machines with a new network card'],

  // Names.
  'generic-name': [0.03, 'machines with a name that many have'],
  'generic-mac': [0.12, 'Macs with such a name'],
  'other-domain': [0.01, 'machines on premises with the short name of one in another domain'],
  'long-name': [0.08, 'Windows machines with a name beyond NetBIOS’ 15 characters'],

  // Network.
  dock: [0.25, 'laptops and Macs used on shared docks'],
  'dock-size': [6, 'laptops a dock (a count)'],
  'dock-second': [0.1, 'of those: use two docks'],
  'dock-first': [0.45, 'CrowdStrike records of those that show the dock as the MAC'],
  'vpn-adapter': [0.2, 'laptops, Macs and desktops with a VPN adapter’s MAC, equal on all'],
  'host-only': [0.03, 'the same with VMware’s host-only adapters'],
  'shared-mac': [0.01, 'endpoints with one of a few MACs that are on no deny list'],
  't2-bridge': [0.4, 'Macs with the T2 chip’s MAC'],
  docker: [0.2, 'Linux machines with a Docker bridge'],
  'random-mac-mac': [0.3, 'Macs whose Wi-Fi address is random'],
  'random-mac-laptop': [0.1, 'Windows laptops whose Wi-Fi address is random'],
  home: [0.4, 'laptops and Macs at home'],
  dhcp: [0.6, 'records of endpoints with another address than the others'],
  roaming: [
    0.2,
    'records of laptops and Macs that last connected from another place: other address, other external address',
  ],
  'home-lease': [0.4, 'records of machines at home with another external address'],
  'public-lease': [0.1, 'records of cloud machines with a public address that report another one'],
  'other-user': [0.15, 'records in which another user logged on last'],
  'same-cidr': [0.4, 'AWS accounts that use 172.31.0.0/16'],
  'private-instance': [0.4, 'EC2 instances that connect through their account’s NAT'],
  'moved-eni': [0.005, 'EC2 instances with an interface that another instance had before or has now'],
  'twin-mac': [0.003, 'VMware machines with the MAC of another'],
  'twin-mac-hyperv': [0.02, 'Hyper-V machines with the MAC of another'],

  // Hardware.
  'placeholder-serial': [0.06, 'desktops and servers whose manufacturer did not fill in the serial'],
  'placeholder-uuid': [0.025, 'the same for the UUID'],
  'serial-batch': [0.005, 'physical machines of a batch with one serial'],
  'serial-batch-size': [40, 'machines a batch (a count)'],
  'serial-twin': [0.0005, 'physical machines with the serial of an unrelated one'],
  clone: [0.02, 'VMware machines copied on storage level: UUID and serial of another'],
  'clone-name': [0.15, 'of those: the template’s name too'],
  'clone-agent': [0.005, 'virtual machines with the agent id of another'],
  'swapped-uuid': [0.25, 'Tenable records with the UUID in the other byte order'],

  // Fields that records lack.
  'no-cloud': [0.07, 'records of cloud machines without cloud metadata'],
  'no-mac': [0.1, 'records without any MAC'],
  'no-serial': [0.06, 'records without serial'],
  'no-uuid': [0.12, 'records without UUID'],

  // Pods.
  'pod-instance': [0.5, 'pods that report their node’s instance id'],
  'pod-uuid': [0.3, 'pods that report their node’s UUID'],
} as const satisfies Record<string, readonly [number, string]>;

export type RateName = keyof typeof RATES;
export type Rates = Readonly<Record<RateName, number>>;

/** Returns the rates of the table, with `overrides` applied. Throws a `RangeError` for an unknown name or a value below zero. */
export function ratesWith(overrides: Readonly<Record<string, number>> = {}): Rates {
  const rates = Object.fromEntries(Object.entries(RATES).map(([name, [rate]]) => [name, rate])) as Record<
    RateName,
    number
  >;
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(RATES, name)) throw new RangeError(`There is no rate ${name}`);
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`Rate ${name} is not a number from zero`);
    rates[name as RateName] = value;
  }
  return rates;
}

/** Overrides from a JSON object of names and numbers. */
export function readRates(file: string): Record<string, number> {
  const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new RangeError(`${file} is no object`);
  return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, Number(value)]));
}

/** Parses one override of the command line: `dock=0.6`. */
export function rateOf(text: string): [string, number] {
  const at = text.indexOf('=');
  if (at < 1) throw new RangeError(`${text} is not name=value`);
  return [text.slice(0, at), Number(text.slice(at + 1))];
}
