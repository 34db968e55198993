import type { Os } from '../../../simulator/machines/machine.js';
import type { Kind } from './world.js';

export type SourceName = 'qualys' | 'crowdstrike' | 'tenable';
export const SOURCES: readonly SourceName[] = ['qualys', 'crowdstrike', 'tenable'];

/** A network interface: twelve hexadecimal digits and an IPv4 address, either may be empty. */
export interface Nic {
  name: string;
  mac: string;
  ip: string;
}

export interface CloudPlace {
  provider: 'AWS' | 'AZURE' | 'GCP';
  instance: string;
  account: string;
  region: string;
  zone: string;
  network: string;
  subnet: string;
}

/** The state of a machine from a time until the next state. */
export interface State {
  /** Epoch milliseconds. */
  from: number;
  /** The short name, in the machine's own spelling. */
  name: string;
  /** Empty if the machine is in no domain. */
  domain: string;
  /** The first one is the machine's own. */
  nics: Nic[];
  serial: string;
  /** In the byte order of SMBIOS 2.6 as most tools print it. */
  uuid: string;
  /** The number of the agent installation, by vendor. A new number is a new record. */
  agents: Record<SourceName, number>;
}

/** A machine with its id in the truth and its pitfalls. */
export interface Machine {
  id: string;
  slot: number;
  /** Distinct for each piece of hardware or instance of a fleet. */
  unit: number;
  kind: Kind;
  site: number;
  os: Os;
  manufacturer: string;
  model: string;
  bios: string;
  externalIp: string;
  /** A cloud machine with its own public address. */
  ownAddress: boolean;
  /** The last user: a person on endpoints, one of a few accounts elsewhere. */
  user: string;
  /** Its address is a DHCP lease, so its records have different addresses. */
  dhcp: boolean;
  home: boolean;
  /** Its Wi-Fi MAC differs in each network. */
  randomMac: boolean;
  docks: Nic[];
  cloud: CloudPlace | undefined;
  /** The group of clones that share an agent id. Empty if the machine has its own agent id. */
  agentOf: string;
  /** An elastic interface that it had until its records stopped (`before`), or has now (`after`). */
  eni: { nic: Nic; when: 'before' | 'after' } | undefined;
  from: number;
  to: number;
  states: State[];
  /** The vendors still have its records of the state before a re-image. */
  keepsOld: boolean;
  /** `kind`, `kind:group` (machines of a group share the pitfall) or `kind>slot` (looks like the machine of that slot). */
  pitfalls: string[];
}

export const DAY = 86_400_000;
