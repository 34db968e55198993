import { crowdstrikeRecord } from './crowdstrike.js';
import { machinesOf } from './history.js';
import type { SourceName } from './machine.js';
import { qualysRecord } from './qualys.js';
import type { Rates } from './rates.js';
import { sightingsOf, type Sighting } from './sightings.js';
import { tenableRecord } from './tenable.js';
import { worldOf } from './world.js';

/** A record in the vendor's format, with its truth. */
export interface Labelled {
  source: SourceName;
  /** The vendor's own id. */
  id: string;
  machine: string;
  raw: object;
  /** `@slot` and the pitfalls of the machine and of the record, separated by spaces. */
  pitfalls: string;
}

const RENDER: Record<SourceName, (seed: number, sighting: Sighting) => { id: string; raw: object }> = {
  qualys: qualysRecord,
  crowdstrike: crowdstrikeRecord,
  tenable: tenableRecord,
};

/**
 * Generates the records of `hosts` machines, one machine after the other. They are always the same for a seed, size and rates. The
 * generator keeps nothing in memory, so a fleet can have any size.
 */
export function* fleet(seed: number, hosts: number, rates: Rates): Generator<Labelled> {
  const world = worldOf(seed, hosts, rates);
  let machines = 0;
  for (let slot = 0; machines < hosts; slot++) {
    for (const [ordinal, machine] of machinesOf(world, slot)
      .slice(0, hosts - machines)
      .entries()) {
      machines++;
      for (const sighting of sightingsOf(world, machine, ordinal)) {
        const { id, raw } = RENDER[sighting.source](seed, sighting);
        yield {
          source: sighting.source,
          id,
          machine: machine.id,
          raw,
          pitfalls: `@${slot} ${[...machine.pitfalls, ...sighting.pitfalls].join(' ')}`.trimEnd(),
        };
      }
    }
  }
}
