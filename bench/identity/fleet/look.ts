import { publicIp } from '../../../simulator/machines/addresses.js';
import type { Draw } from './draw.js';
import { randomMac } from './hardware.js';
import type { Machine, Nic, SourceName, State } from './machine.js';
import { userOf } from './names.js';
import { leased } from './premises.js';
import type { World } from './world.js';

/** Properties of a machine that differ between two records of the same state. */
export interface Look {
  /** Its interfaces are those that were seen. */
  state: State;
  /** The interface that talks to a cloud console. */
  talks: Nic;
  externalIp: string;
  user: string;
}

/** Draws what is plugged in and leased at the time of the record. */
export function look(
  world: World,
  draw: Draw,
  machine: Machine,
  state: State,
  source: SourceName,
  early: boolean,
  pitfalls: string[],
): Look {
  const nics = state.nics.map((nic) => ({ ...nic }));
  const own = nics[0]!;
  const [moved, drawn] = [draw.chance(world.rates.dhcp), draw.next()];
  const elsewhere = whereabouts(world, draw, machine, pitfalls);
  if (elsewhere.ip) own.ip = elsewhere.ip;
  else if (machine.dhcp && moved) {
    own.ip = leased(machine, drawn);
    pitfalls.push('dhcp');
  }
  if (machine.randomMac) own.mac = randomMac(draw);
  if (machine.eni && (machine.eni.when === 'after' || early)) nics.push({ ...machine.eni.nic });
  const [docked, through, which] = [draw.chance(0.7), draw.chance(world.rates['dock-first']), draw.next()];
  let talks = own;
  if (machine.docks.length > 0 && !elsewhere.ip) {
    if (source === 'crowdstrike' ? through : docked) nics.push(...machine.docks.map((dock) => ({ ...dock })));
    if (source === 'crowdstrike' && through) {
      talks = machine.docks[which % machine.docks.length]!;
      pitfalls.push('dock-first');
    }
  }
  return { state: { ...state, nics }, talks, externalIp: elsewhere.externalIp, user: elsewhere.user };
}

/** The address from which the machine last contacted the vendor, and its user at that time. */
function whereabouts(
  world: World,
  draw: Draw,
  machine: Machine,
  pitfalls: string[],
): { ip: string; externalIp: string; user: string } {
  const { rates, seed } = world;
  const [roams, released, drawn] = [draw.chance(rates.roaming), draw.share(), draw.next()];
  const other = draw.chance(rates['other-user']);
  const user = other ? userOf(world, machine.slot + 1 + (drawn % 50), machine.kind) : machine.user;
  if (other) pitfalls.push('other-user');
  const portable = machine.kind === 'laptop' || machine.kind === 'mac';
  if (portable && roams) {
    pitfalls.push('roaming');
    const ip = `192.168.${drawn % 2}.${2 + ((drawn >>> 8) % 200)}`;
    return { ip, externalIp: publicIp(seed, 500_000_000 + (drawn >>> 4)), user };
  }
  // A cloud's NAT stays; what an instance or a home has is leased.
  const leases = machine.home ? rates['home-lease'] : machine.ownAddress ? rates['public-lease'] : 0;
  if (released >= leases) return { ip: '', externalIp: machine.externalIp, user };
  pitfalls.push('other-external');
  return { ip: '', externalIp: publicIp(seed, 500_000_000 + (drawn >>> 4)), user };
}
