import { hash, letters, pick } from '../random.js';
import { factoryMac, linkLocal, publicIp } from './addresses.js';
import { DRAW, type Machine, type Nic } from './machine.js';
import { DESKTOPS, MACS } from './systems.js';

type Draft = Omit<Machine, 'inQualys' | 'inCrowdstrike' | 'agentless'>;

const OWNERS = ['kim', 'noor', 'elena', 'tomas', 'grace', 'ivan', 'mei', 'omar', 'sara', 'luca'] as const;
/** Nobody renames these: the same name in a hundred homes. */
const UNTOUCHED = ['MacBook-Pro', 'macbook-air', 'Mac'] as const;
const SUBNETS = ['192.168.0', '192.168.1', '192.168.86', '192.168.178', '10.0.0'] as const;
/** Apple's T2 bridge shows the same MAC on every Mac that has it. */
const T2_MAC = 'acde48001122';

export function homeMachine(seed: number, index: number): Draft {
  const h = hash(seed, index, DRAW.model);
  const apple = h % 5 < 3;
  const owner = pick(OWNERS, h >>> 4);
  const common = apple && (h >>> 8) % 8 === 0;
  const subnet = pick(SUBNETS, h >>> 12);
  const ip = `${subnet}.${2 + ((h >>> 16) % 40)}`;
  const mac = factoryMac(apple ? 'a07817' : '70a6cc', index);
  const nics: Nic[] = [
    {
      name: apple ? 'en0' : 'Intel(R) Wi-Fi 6 AX201 160MHz',
      mac,
      addresses: [ip, linkLocal(mac)],
      gateway: `${subnet}.1`,
    },
  ];
  // Only on Macs whose name is their own: with an equal name as well, the shared MAC would be no trap but a lie.
  if (apple && !common && (h >>> 22) % 5 < 2) nics.push({ name: 'en5', mac: T2_MAC, addresses: [linkLocal(T2_MAC)] });
  const windowsName = `LAPTOP-${letters(index, 7)}`;
  return {
    index,
    habitat: 'home',
    name: !apple ? windowsName : common ? pick(UNTOUCHED, h >>> 24) : `${owner}-mbp-${index.toString(36)}`,
    suffix: apple ? pick(['.lan', '.lan', '.local', '.home'], h >>> 26) : '',
    crowdstrikeSuffix: apple ? pick(['.lan', '.local'], h >>> 28) : '',
    ...(apple ? {} : { windowsDomain: 'WORKGROUP' }),
    os: pick(apple ? MACS : DESKTOPS, hash(seed, index, DRAW.os)),
    nics,
    externalIp: publicIp(seed, index),
    serial: letters(index, apple ? 10 : 8, seed),
    manufacturer: apple ? 'Apple Inc.' : 'LENOVO',
    model: apple ? pick(['MacBookPro17,1', 'MacBookPro18,3', 'Mac14,2', 'Mac15,6'], h >>> 20) : '21FV',
    bios: apple ? '' : 'R1XET50W (1.32 )',
    chassis: apple ? '0' : '10',
    chassisName: apple ? 'Invalid Chassis Type' : 'Notebook',
    user: owner,
  };
}
