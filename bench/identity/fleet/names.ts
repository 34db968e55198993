import { letters } from '../../../simulator/random.js';
import { RandomStream } from './random-stream.js';
import { isEndpoint, kindOf, siteOf, type Kind, type World } from './world.js';

const ROLES = ['web', 'app', 'db', 'api', 'cache', 'build', 'file', 'mail', 'queue', 'search', 'auth', 'batch'];
const ENVIRONMENTS = ['prd', 'stg', 'dev', 'uat'];
const OWNERS = 'alex|kim|noor|elena|tomas|grace|ivan|mei|omar|sara|luca|priya|jonas|marta|yuki|paul'.split('|');
const OFFICES = ['BER', 'NYC', 'LON', 'SGP', 'SYD', 'PAR', 'TOK', 'AUS'];

/** Names that many machines have: the first ones are on common lists, the others are not. */
export const GENERIC: Readonly<Record<'windows' | 'linux' | 'mac', readonly string[]>> = {
  windows: ['DESKTOP', 'ADMIN-PC', 'USER-PC', 'LAPTOP', 'KIOSK', 'RECEPTION', 'MEETINGROOM', 'WIN10-BASE', 'TRAINING'],
  linux: ['localhost', 'ubuntu', 'debian', 'template', 'test', 'node1', 'master', 'jumphost', 'appliance', 'build'],
  mac: ['MacBook-Pro', 'MacBook-Air', 'Mac', 'iMac', 'MacBook-Pro-2', 'Mac-mini', 'Mac-Studio', 'Admins-MacBook-Pro'],
};

/** The first name of the machine of a slot, before any pitfall. */
export function nameOf(world: World, slot: number, kind: Kind = kindOf(world, slot)): string {
  const random = new RandomStream(world.seed, slot, 'name');
  const code = letters(slot, 7, world.seed);
  switch (kind) {
    case 'laptop':
      return random.chance(0.5) ? `LT-${code}` : `${random.pick(OFFICES)}-L${code}`;
    case 'desktop':
      return random.chance(0.6) ? `DESKTOP-${code}` : `${random.pick(OFFICES)}-D${code}`;
    case 'mac':
      return `${random.pick(OWNERS)}s-mbp-${slot.toString(36)}`;
    case 'pod':
      return `${random.pick(ROLES)}-${code.toLowerCase()}`;
    default:
      return `${random.pick(ROLES)}${random.pick(ENVIRONMENTS)}${slot.toString(36)}`;
  }
}

const ACCOUNTS = ['root', 'administrator', 'svc-backup', 'ec2-user', 'ubuntu', 'azureuser'];

/** The user of the endpoint of a slot, the same after a replacement. On servers, one of a few common accounts. */
export function userOf(world: World, slot: number, kind: Kind): string {
  const random = new RandomStream(world.seed, slot, 'user');
  return isEndpoint(kind) ? `${random.pick(OWNERS)}.${letters(slot, 4).toLowerCase()}` : random.pick(ACCOUNTS);
}

/** A name of more than fifteen characters with the same beginning as others of its kind. */
export function longName(world: World, slot: number, random: RandomStream): string {
  return `${random.pick(OFFICES)}-${random.pick(ROLES)}-${random.pick(ENVIRONMENTS)}-${letters(slot, 7, world.seed)}`.toUpperCase();
}

/** The nearest machine before `slot`, at most sixty away, that `fits`, or -1 if there is none. */
export function neighbour(slot: number, fits: (slot: number) => boolean): number {
  for (let at = slot - 1; at >= 0 && at > slot - 60; at--) if (fits(at)) return at;
  return -1;
}

/** An endpoint nearby, whose name may still be in reverse DNS. */
export function endpointNear(world: World, slot: number): number {
  return neighbour(slot, (at) => isEndpoint(kindOf(world, at)) && siteOf(world, at) % 5 === siteOf(world, slot) % 5);
}
