import { hash } from '../random.js';
import { awsMachine, azureMachine, gcpMachine } from './cloud.js';
import { homeMachine } from './home.js';
import { coverageOf, DRAW, habitatOf, type Habitat, type Machine } from './machine.js';
import { officeMachine } from './office.js';
import { scannedMachine } from './scanned.js';

const BUILDERS: Record<
  Habitat,
  (seed: number, index: number) => Omit<Machine, 'inQualys' | 'inCrowdstrike' | 'agentless'>
> = {
  aws: awsMachine,
  azure: azureMachine,
  gcp: gcpMachine,
  office: officeMachine,
  home: homeMachine,
  scanned: scannedMachine,
};

/** Machine `index` of the fleet that `seed` names: the same for ever, whatever else the fleet holds. */
export function machineAt(seed: number, index: number): Machine {
  const habitat = habitatOf(seed, index);
  const { inQualys, inCrowdstrike } = coverageOf(seed, index);
  // Half of the cloud instances that only Qualys knows are known through its cloud connector alone.
  const connectorOnly = !inCrowdstrike && habitat !== 'office' && hash(seed, index, DRAW.agentId) % 2 === 0;
  return Object.assign(BUILDERS[habitat](seed, index), {
    inQualys,
    inCrowdstrike,
    agentless: habitat === 'scanned' || connectorOnly,
  });
}
