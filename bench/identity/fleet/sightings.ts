import { FLEET_NOW } from '../../../simulator/times.js';
import { RandomStream } from './random-stream.js';
import { look, type Look } from './look.js';
import { DAY, SOURCES, type Machine, type SourceName } from './machine.js';
import { endpointNear, nameOf } from './names.js';
import { leased } from './premises.js';
import { domainOf, isCloud, kindOf, siteOf, type World } from './world.js';

/** The state of a machine in one record of one vendor. */
export interface Sighting extends Look {
  source: SourceName;
  machine: Machine;
  /** Distinct for each record of a source and slot. */
  number: number;
  /** The number of the agent installation that reports, or -1 for a scanner's record by address. */
  agent: number;
  first: number;
  last: number;
  lacks: { cloud: boolean; mac: boolean; serial: boolean; uuid: boolean };
  swapped: boolean;
  pitfalls: string[];
}

/** All records of a machine. `ordinal` is the machine's place in its slot, so that record numbers are distinct in the slot. */
export function sightingsOf(world: World, machine: Machine, ordinal: number): Sighting[] {
  const random = new RandomStream(world.seed, machine.slot * 2 + ordinal, 'sightings');
  const found: Sighting[] = [];
  let number = ordinal * 8;
  for (const source of SOURCES) {
    for (const record of byAgent(world, random, machine, source)) found.push({ ...record, number: number++ });
  }
  // A machine without records would be missing from the truth, so one vendor gets a record.
  if (found.length === 0) {
    const source = machine.kind === 'pod' ? 'crowdstrike' : SOURCES[machine.slot % 3]!;
    found.push({
      ...agentRecord(world, random, machine, source, machine.states.at(-1)!.agents[source]),
      number: number++,
    });
  }
  for (const source of ['qualys', 'tenable'] as const) {
    const scanned = random.chance(world.rates[`scan-${source}`]);
    const byAddress = random.chance(isCloud(machine.kind) ? world.rates['scan-cloud'] : 1);
    const record = scanRecord(world, random, machine, source);
    if (scanned && byAddress && !machine.home && machine.kind !== 'pod') found.push({ ...record, number: number++ });
  }
  return found;
}

type Record = Omit<Sighting, 'number'>;

/** A record for each installation of the vendor's agent that the vendor still lists. */
function byAgent(world: World, random: RandomStream, machine: Machine, source: SourceName): Record[] {
  const seen = random.chance(world.rates[`seen-${source}`]);
  const agents = [...new Set(machine.states.map((state) => state.agents[source]))];
  const records = agents.map((agent) => agentRecord(world, random, machine, source, agent));
  if (machine.kind === 'pod') return source === 'crowdstrike' ? records : [];
  if (!seen) return [];
  const current = records.at(-1)!;
  const old = records.slice(0, -1);
  if (old.length > 0 && machine.keepsOld) for (const record of old) record.pitfalls.push('old-agent');
  return machine.keepsOld ? [...old, current] : [current];
}

function agentRecord(world: World, random: RandomStream, machine: Machine, source: SourceName, agent: number): Record {
  const { rates } = world;
  const pitfalls: string[] = [];
  const states = machine.states.filter((state) => state.agents[source] === agent);
  const begins = states[0]!.from;
  const ends = machine.states[machine.states.indexOf(states.at(-1)!) + 1]?.from ?? machine.to;
  const duration = ends - begins;
  const [late, early, lags] = [
    random.chance(rates['late-install']),
    random.chance(rates['stopped-early']),
    random.chance(rates.lag),
  ];
  const [start, end] = [random.share(), random.share()];
  if (late) pitfalls.push('late-install');
  if (early) pitfalls.push('stopped-early');
  const first = begins + (late ? 0.2 + 0.6 * start : Math.min(0.2, (3 * DAY * start) / duration)) * duration;
  const rest = ends - first;
  const idle = machine.dhcp ? 8 * DAY : DAY;
  const last = Math.max(
    first + 3_600_000,
    ends - (early ? (0.1 + 0.8 * end) * rest : Math.min(idle * end, 0.5 * rest)),
  );
  let state = states.findLast((one) => one.from <= last) ?? states[0]!;
  const previous = states[states.indexOf(state) - 1];
  if (previous && lags) {
    state = previous;
    pitfalls.push('lag');
  }
  const cloud = isCloud(machine.kind);
  const lacks = {
    cloud: random.chance(rates['no-cloud']) && cloud,
    mac: random.chance(rates['no-mac']),
    serial: random.chance(rates['no-serial']),
    uuid: random.chance(rates['no-uuid']),
  };
  for (const what of ['cloud', 'mac', 'serial', 'uuid'] as const) if (lacks[what]) pitfalls.push(`no-${what}`);
  const swapped = random.chance(rates['swapped-uuid']) && source === 'tenable';
  if (swapped) pitfalls.push('swapped-uuid');
  const seen = look(world, random, machine, state, source, early, pitfalls);
  return { source, machine, agent, first, last, lacks, swapped, pitfalls, ...seen };
}

/** A scanner's record: an address, the machine that responds there, and its name in reverse DNS. */
function scanRecord(world: World, random: RandomStream, machine: Machine, source: 'qualys' | 'tenable'): Record {
  const pitfalls = ['scan'];
  const state = machine.states.at(-1)!;
  const [ago, since, bits] = [random.share(), random.share(), random.next()];
  const [stale, shows] = [random.chance(world.rates['stale-ptr']), random.chance(0.15)];
  const last = Math.max(state.from + 3_600_000, machine.to - ago * 40 * DAY);
  const first = Math.max(machine.from, last - (1 + since * 400) * DAY);
  const own = { ...state.nics[0]!, ip: machine.dhcp ? leased(machine, bits) : state.nics[0]!.ip };
  if (!shows) own.mac = '';
  let { name, domain } = state;
  if (!domain) domain = machine.kind === 'mac' ? domainOf(machine.site) : '';
  const other = machine.dhcp && stale ? endpointNear(world, machine.slot) : -1;
  if (other >= 0) {
    pitfalls.push(`stale-ptr>${other}`);
    name = nameOf(world, other);
    domain = kindOf(world, other) === 'mac' ? domainOf(machine.site) : domainOf(siteOf(world, other));
  }
  return {
    source,
    machine,
    state: { ...state, name, domain, nics: [own], serial: '', uuid: '' },
    agent: -1,
    first: Math.min(first, FLEET_NOW),
    last,
    lacks: { cloud: true, mac: !shows, serial: true, uuid: true },
    swapped: false,
    contactNic: own,
    externalIp: machine.externalIp,
    user: '',
    pitfalls,
  };
}
