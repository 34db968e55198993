import { hash, letters, pick } from '../random.js';
import { ipv4 } from './addresses.js';
import { DRAW, habitatOf, type Machine } from './machine.js';
import { officeName } from './office.js';
import { DEVICES } from './systems.js';

type Draft = Omit<Machine, 'inQualys' | 'inCrowdstrike' | 'agentless'>;

/** A printer, a switch or an unknown box: a scanner saw an address and perhaps a name, never a MAC. */
export function scannedMachine(seed: number, index: number): Draft {
  const h = hash(seed, index, DRAW.model);
  const site = (h >>> 4) % 12;
  const os = pick(DEVICES, h >>> 8);
  // Reverse DNS still names the laptop that had the address before.
  const stale = h % 16 === 0 && index > 0 && habitatOf(seed, index - 1) === 'office';
  const own = `${os.qualys === 'HP JetDirect' ? 'prn' : 'net'}-${letters(index, 7).toLowerCase()}`;
  return {
    index,
    habitat: 'scanned',
    name: stale ? officeName(seed, index - 1) : own,
    suffix: '.corp.example.com',
    crowdstrikeSuffix: '',
    os,
    nics: [{ name: '', addresses: [ipv4('10', site, 181 + ((h >>> 16) % 18), h >>> 20)] }],
    externalIp: '',
    serial: '',
    manufacturer: '',
    model: '',
    bios: '',
    chassis: '',
    chassisName: '',
    user: '',
  };
}
