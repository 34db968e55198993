import type { Machine } from '../machines/machine.js';

/** Changes of a machine since the fleet was created. */
export interface Version {
  /** Check-ins of the whole fleet: every volatile time moves by an hour with each. */
  touches: number;
  /** Real changes to this machine: its agents' versions (without agent: its operating system) move with each. */
  changes: number;
}

/** A machine as a record shows it. */
export interface Shown {
  seed: number;
  machine: Machine;
  version: Version;
}
