import { hash } from '../random.js';
import { fillAws } from './aws.js';
import { fillAzure } from './azure.js';
import { fillGcp } from './gcp.js';
import { fillHome } from './home.js';
import { coverageOf, DRAW, habitatOf, Machine, type Habitat } from './machine.js';
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

/** Machine `index` of the fleet of `seed`; always the same, independent of the rest of the fleet. */
export function machineAt(seed: number, index: number): Machine {
  const habitat = habitatOf(seed, index);
  const machine = new Machine(index, habitat);
  FILL[habitat](machine, seed);
  const { inQualys, inCrowdstrike } = coverageOf(seed, index);
  machine.inQualys = inQualys;
  machine.inCrowdstrike = inCrowdstrike;
  // Half of the cloud instances that only Qualys knows are known through its cloud connector alone.
  const connectorOnly = !inCrowdstrike && habitat !== 'office' && hash(seed, index, DRAW.agentId) % 2 === 0;
  machine.agentless = habitat === 'scanned' || connectorOnly;
  return machine;
}
