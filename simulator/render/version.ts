import type { Machine } from '../machines/machine.js';

/** Changes of a machine since the fleet was created. */
export interface Version {
  /** Number of check-ins of the whole fleet. Each one moves every volatile time by an hour. */
  touches: number;
  /** Number of real changes to this machine. Each one changes its agents' versions (without agent: its operating system). */
  changes: number;
}

/** The machine and the version of it that a record shows. */
export interface Shown {
  seed: number;
  machine: Machine;
  version: Version;
}
