import { CLOUD_LINUX } from '../../../simulator/machines/systems.js';
import { FLEET_NOW } from '../../../simulator/times.js';
import { fillAzure, fillEc2, fillGcp, fillPod } from './clouds.js';
import { RandomStream } from './random-stream.js';
import { DAY, type Machine } from './machine.js';
import { GENERIC, longName, nameOf, neighbour, userOf } from './names.js';
import { egressOf, fillEndpoint, fillHyperv, fillServer, fillVmware, type Body } from './premises.js';
import { domainOf, isCloud, isEndpoint, kindOf, siteOf, type Kind, type World } from './world.js';

const FILL: Record<Kind, (world: World, random: RandomStream, body: Body) => void> = {
  server: fillServer,
  vmware: fillVmware,
  hyperv: fillHyperv,
  ec2: fillEc2,
  azure: fillAzure,
  gcp: fillGcp,
  laptop: fillEndpoint,
  desktop: fillEndpoint,
  mac: fillEndpoint,
  pod: fillPod,
};

/** The machine that a slot has now (`before` false), or the hardware that was in its place before. */
export function buildMachine(world: World, slot: number, before = false): Machine {
  const kind = kindOf(world, slot);
  const random = new RandomStream(world.seed, slot, before ? 'before' : 'body');
  const site = siteOf(world, slot);
  const from = FLEET_NOW - (40 + random.below(1_000)) * DAY - random.below(DAY);
  const ended = random.chance(world.rates.decommissioned);
  const body: Body = {
    id: before ? `m${slot}-before` : `m${slot}`,
    slot,
    unit: slot * 2 + (before ? 1 : 0),
    kind,
    site,
    os: CLOUD_LINUX[0],
    manufacturer: '',
    model: '',
    bios: '',
    externalIp: egressOf(world, site),
    ownAddress: false,
    user: userOf(world, slot, kind),
    dhcp: false,
    home: false,
    randomMac: false,
    docks: [],
    cloud: undefined,
    agentOf: '',
    eni: undefined,
    from,
    to: ended ? Math.max(from + 5 * DAY, FLEET_NOW - (10 + random.below(300)) * DAY) : FLEET_NOW,
    states: [
      {
        from,
        name: nameOf(world, slot, kind),
        domain: '',
        nics: [],
        serial: '',
        uuid: '',
        agents: { qualys: 0, crowdstrike: 0, tenable: 0 },
      },
    ],
    keepsOld: false,
    pitfalls: [],
  };
  FILL[kind](world, random, body);
  addNamePitfalls(world, random, body);
  const [shares, group] = [random.chance(world.rates['clone-agent']), random.below(world.agentClones)];
  if (shares && kind !== 'pod' && !isEndpoint(kind) && kind !== 'server') {
    body.pitfalls.push(`clone-agent:${group}`);
    body.agentOf = `clone${group}`;
  }
  return body;
}

/** Names that other machines share, or that NetBIOS truncates. */
function addNamePitfalls(world: World, random: RandomStream, body: Body): void {
  const { rates } = world;
  const [state] = body.states;
  const { platform } = body.os;
  const generic = random.chance(body.kind === 'mac' ? rates['generic-mac'] : rates['generic-name']);
  const names = GENERIC[platform === 'Mac' ? 'mac' : platform === 'Windows' ? 'windows' : 'linux'];
  const picked = random.pick(names);
  const [other, long] = [random.chance(rates['other-domain']), random.chance(rates['long-name'])];
  if (body.kind === 'pod') return;
  if (generic) {
    body.pitfalls.push(`generic-name:${picked}`);
    state.name = picked;
  } else if (other && !isCloud(body.kind)) {
    const twin = neighbour(
      body.slot,
      (slot) => kindOf(world, slot) === body.kind && domainOf(siteOf(world, slot)) !== domainOf(body.site),
    );
    if (twin < 0) return;
    body.pitfalls.push(`other-domain>${twin}`);
    state.name = nameOf(world, twin);
  } else if (long && platform === 'Windows') {
    body.pitfalls.push('long-name');
    state.name = longName(world, body.slot, random);
  }
}
