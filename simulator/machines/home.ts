import { hash, letters, pick } from '../random.js';
import { factoryMac, linkLocal, publicIp } from './addresses.js';
import { PURPOSE, type Machine, type Nic } from './machine.js';
import { DESKTOPS, MACS } from './systems.js';

const OWNERS = ['kim', 'noor', 'elena', 'tomas', 'grace', 'ivan', 'mei', 'omar', 'sara', 'luca'] as const;
/** Default names that users keep: many homes have a machine of the same name. */
const UNTOUCHED = ['MacBook-Pro', 'macbook-air', 'Mac'] as const;
const SUBNETS = ['192.168.0', '192.168.1', '192.168.86', '192.168.178', '10.0.0'] as const;
/** Apple's T2 bridge has the same MAC on every Mac. */
const T2: Nic = { name: 'en5', mac: 'acde48001122', addresses: [linkLocal('acde48001122')], gateway: '' };
const MODELS = ['MacBookPro17,1', 'MacBookPro18,3', 'Mac14,2', 'Mac15,6'] as const;
/** The home network's domain: from the router in one source, from Bonjour in the other. */
const SUFFIXES = ['.lan', '.lan', '.local', '.home'] as const;
const CROWDSTRIKE_SUFFIXES = ['.lan', '.local'] as const;

export function fillHome(machine: Machine, seed: number): void {
  const { index } = machine;
  const random = hash(seed, index, PURPOSE.model);
  const apple = random % 5 < 3;
  const owner = pick(OWNERS, random >>> 4);
  const untouched = apple && (random >>> 8) % 8 === 0;
  const subnet = pick(SUBNETS, random >>> 12);
  const mac = factoryMac(apple ? 'a07817' : '70a6cc', index);
  machine.os = pick(apple ? MACS : DESKTOPS, hash(seed, index, PURPOSE.os));
  if (!apple) machine.name = `LAPTOP-${letters(index, 7)}`;
  else machine.name = untouched ? pick(UNTOUCHED, random >>> 24) : `${owner}-mbp-${index.toString(36)}`;
  machine.suffix = apple ? pick(SUFFIXES, random >>> 26) : '';
  machine.crowdstrikeSuffix = apple ? pick(CROWDSTRIKE_SUFFIXES, random >>> 28) : '';
  machine.windowsDomain = apple ? '' : 'WORKGROUP';
  machine.nics = [
    {
      name: apple ? 'en0' : 'Intel(R) Wi-Fi 6 AX201 160MHz',
      mac,
      addresses: [`${subnet}.${2 + ((random >>> 16) % 40)}`, linkLocal(mac)],
      gateway: `${subnet}.1`,
    },
  ];
  // Only Macs with a unique name have it, because no rule can distinguish two machines with equal names and MACs.
  if (apple && !untouched && (random >>> 22) % 5 < 2) machine.nics.push(T2);
  machine.externalIp = publicIp(seed, index);
  machine.serial = letters(index, apple ? 10 : 8, seed);
  machine.manufacturer = apple ? 'Apple Inc.' : 'LENOVO';
  machine.model = apple ? pick(MODELS, random >>> 20) : '21FV';
  machine.bios = apple ? '' : 'R1XET50W (1.32 )';
  machine.chassis = apple ? '0' : '10';
  machine.chassisName = apple ? 'Invalid Chassis Type' : 'Notebook';
  machine.user = owner;
}
