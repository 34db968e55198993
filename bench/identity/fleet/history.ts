import { FLEET_NOW } from '../../../simulator/times.js';
import { hash, uuid } from '../../../simulator/random.js';
import { buildMachine } from './build.js';
import { RandomStream } from './random-stream.js';
import { cardMac } from './hardware.js';
import { DAY, SOURCES, type Machine, type State } from './machine.js';
import { nameOf } from './names.js';
import { isCloud, isEndpoint, isPhysical, isVirtual, type World } from './world.js';

/** The machines of a slot with their history: the current one, and sometimes the one before it. */
export function machinesOf(world: World, slot: number): Machine[] {
  const { rates } = world;
  const machine = buildMachine(world, slot);
  const random = new RandomStream(world.seed, slot, 'history');
  const [replaces, rebuilt] = [random.chance(rates.refresh), random.chance(rates.rebuild)];
  const moment = random.share();
  let before: Machine | undefined;
  if (isEndpoint(machine.kind) ? replaces : rebuilt && isVirtual(machine.kind)) {
    before = buildMachine(world, slot, true);
    takeOverName(before, machine, random);
  }
  addHistory(world, random, machine, moment);
  return before ? [machine, before] : [machine];
}

/** `machine` takes over the name of `before`, and its address too if it is virtual, soon after the end of `before`. */
function takeOverName(before: Machine, machine: Machine, random: RandomStream): void {
  const tag = isEndpoint(machine.kind) ? 'refresh' : 'rebuild';
  for (const one of [before, machine]) one.pitfalls.push(`${tag}:${machine.slot}`);
  const [old] = before.states as [State];
  const [state] = machine.states as [State];
  // A user gets new hardware after days, and may use both for a time. A rebuild follows at once.
  const gap = isEndpoint(machine.kind) ? random.below(20 * DAY) - 3 * DAY : random.below(2 * DAY);
  before.to = machine.from - gap;
  before.from = before.to - (100 + random.below(800)) * DAY;
  old.from = before.from;
  [old.name, old.domain] = [state.name, state.domain];
  Object.assign(before, { site: machine.site, home: machine.home, externalIp: machine.externalIp, os: machine.os });
  if (isVirtual(machine.kind)) {
    old.nics[0]!.ip = state.nics[0]!.ip;
    if (machine.kind === 'gcp') old.nics[0]!.mac = state.nics[0]!.mac;
    if (before.cloud && machine.cloud) before.cloud = { ...machine.cloud, instance: before.cloud.instance };
  }
}

/** Each re-image, new agent, new name, new board or new card begins a new state. */
function addHistory(world: World, random: RandomStream, machine: Machine, moment: number): void {
  const { rates, seed } = world;
  const physical = isPhysical(machine.kind);
  const events = {
    reimage: random.chance(rates.reimage),
    renamed: random.chance(rates['reimage-renamed']),
    kept: random.chance(rates['reimage-kept']),
    reinstall: random.chance(rates.reinstall),
    agent: random.pick(SOURCES),
    rename: random.chance(rates.rename),
    board: random.chance(rates['board-swap']),
    card: random.chance(rates['nic-swap']),
  };
  if (machine.kind === 'pod') return;
  const last = machine.states.at(-1)!;
  const at = machine.from + (0.15 + 0.7 * moment) * (Math.min(machine.to, FLEET_NOW) - machine.from);
  const next: State = { ...last, from: at, agents: { ...last.agents }, nics: last.nics.map((nic) => ({ ...nic })) };
  const before = machine.pitfalls.length;
  if (events.reimage && !isCloud(machine.kind)) {
    machine.pitfalls.push('reimage');
    machine.keepsOld = events.kept;
    next.agents = { qualys: 1, crowdstrike: 1, tenable: 1 };
    if (events.renamed) {
      machine.pitfalls.push('reimage-renamed');
      next.name = renamed(world, machine, last.name);
    }
  } else if (events.reinstall) {
    machine.pitfalls.push('reinstall');
    machine.keepsOld = true;
    next.agents[events.agent] = 1;
  } else if (events.rename) {
    machine.pitfalls.push('rename');
    next.name = renamed(world, machine, last.name);
  }
  if (physical && events.board) {
    machine.pitfalls.push('board-swap');
    next.uuid = uuid(seed, machine.unit, 49);
    next.nics[0]!.mac = cardMac(next.nics[0]!.mac.slice(0, 6), machine.unit, 2);
  } else if (physical && events.card) {
    machine.pitfalls.push('nic-swap');
    next.nics[0]!.mac = cardMac('1418c3', machine.unit, 3);
  }
  if (machine.pitfalls.length > before) machine.states.push(next);
}

/** A new name that is typical of the machine's kind and unrelated to its earlier name. */
function renamed(world: World, machine: Machine, name: string): string {
  const fresh = nameOf(world, hash(world.seed, machine.slot, 91), machine.kind);
  return fresh === name ? `${name}-2` : fresh;
}
