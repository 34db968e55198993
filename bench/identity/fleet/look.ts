import { publicIp } from '../../../simulator/machines/addresses.js';
import type { RandomStream } from './random-stream.js';
import { randomMac } from './hardware.js';
import type { Machine, Nic, SourceName, State } from './machine.js';
import { userOf } from './names.js';
import { leased } from './premises.js';
import type { World } from './world.js';

/** Properties of a machine that differ between two records of the same state. */
export interface Look {
  /** Its interfaces are those in the record. */
  state: State;
  /** The interface through which the agent connects to the vendor's cloud console. */
  contactNic: Nic;
  externalIp: string;
  user: string;
}

/** Generates the interfaces and addresses of the machine at the time of the record. */
export function look(
  world: World,
  random: RandomStream,
  machine: Machine,
  state: State,
  source: SourceName,
  early: boolean,
  pitfalls: string[],
): Look {
  const nics = state.nics.map((nic) => ({ ...nic }));
  const own = nics[0]!;
  const [moved, bits] = [random.chance(world.rates.dhcp), random.next()];
  const elsewhere = contactAddress(world, random, machine, pitfalls);
  if (elsewhere.ip) own.ip = elsewhere.ip;
  else if (machine.dhcp && moved) {
    own.ip = leased(machine, bits);
    pitfalls.push('dhcp');
  }
  if (machine.randomMac) own.mac = randomMac(random);
  if (machine.eni && (machine.eni.when === 'after' || early)) nics.push({ ...machine.eni.nic });
  const [docked, through, which] = [random.chance(0.7), random.chance(world.rates['dock-first']), random.next()];
  let contactNic = own;
  if (machine.docks.length > 0 && !elsewhere.ip) {
    if (source === 'crowdstrike' ? through : docked) nics.push(...machine.docks.map((dock) => ({ ...dock })));
    if (source === 'crowdstrike' && through) {
      contactNic = machine.docks[which % machine.docks.length]!;
      pitfalls.push('dock-first');
    }
  }
  return { state: { ...state, nics }, contactNic, externalIp: elsewhere.externalIp, user: elsewhere.user };
}

/** The address from which the machine last contacted the vendor, and its user at that time. */
function contactAddress(
  world: World,
  random: RandomStream,
  machine: Machine,
  pitfalls: string[],
): { ip: string; externalIp: string; user: string } {
  const { rates, seed } = world;
  const [roams, released, bits] = [random.chance(rates.roaming), random.share(), random.next()];
  const other = random.chance(rates['other-user']);
  const user = other ? userOf(world, machine.slot + 1 + (bits % 50), machine.kind) : machine.user;
  if (other) pitfalls.push('other-user');
  const portable = machine.kind === 'laptop' || machine.kind === 'mac';
  if (portable && roams) {
    pitfalls.push('roaming');
    const ip = `192.168.${bits % 2}.${2 + ((bits >>> 8) % 200)}`;
    return { ip, externalIp: publicIp(seed, 500_000_000 + (bits >>> 4)), user };
  }
  // The address of a cloud's NAT does not change. The address of an instance or a home is a lease.
  const leases = machine.home ? rates['home-lease'] : machine.ownAddress ? rates['public-lease'] : 0;
  if (released >= leases) return { ip: '', externalIp: machine.externalIp, user };
  pitfalls.push('other-external');
  return { ip: '', externalIp: publicIp(seed, 500_000_000 + (bits >>> 4)), user };
}
