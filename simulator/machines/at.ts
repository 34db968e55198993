import { hash } from '../random.js';
import { fillAws } from './aws.js';
import { fillAzure } from './azure.js';
import { fillGcp } from './gcp.js';
import { fillHome } from './home.js';
import { coverageOf, PURPOSE, habitatOf, Machine, type Habitat } from './machine.js';
import { fillOffice } from './office.js';
import { fillScanned } from './scanned.js';

const FILL: Record<Habitat, (machine: Machine, seed: number) => void> = {
  aws: fillAws,
  azure: fillAzure,
  gcp: fillGcp,
  office: fillOffice,
  home: fillHome,
  scanned: fillScanned,
};

/** Returns machine `index` of the fleet of `seed`. It is always the same, independent of the rest of the fleet. */
export function machineAt(seed: number, index: number): Machine {
  const habitat = habitatOf(seed, index);
  const machine = new Machine(index, habitat);
  FILL[habitat](machine, seed);
  const { inQualys, inCrowdstrike } = coverageOf(seed, index);
  machine.inQualys = inQualys;
  machine.inCrowdstrike = inCrowdstrike;
  // Of the cloud instances that only Qualys lists, half come from its cloud connector and have no agent.
  const connectorOnly = !inCrowdstrike && habitat !== 'office' && hash(seed, index, PURPOSE.agentId) % 2 === 0;
  machine.agentless = habitat === 'scanned' || connectorOnly;
  return machine;
}
