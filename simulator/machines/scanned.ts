import { hash, letters, pick } from '../random.js';
import { ipv4 } from './addresses.js';
import { PURPOSE, habitatOf, type Machine } from './machine.js';
import { officeName } from './office.js';
import { DEVICES } from './systems.js';

/** A printer, a switch or an unknown device. The scanner sees an address and perhaps a name, never a MAC. */
export function fillScanned(machine: Machine, seed: number): void {
  const { index } = machine;
  const random = hash(seed, index, PURPOSE.model);
  const os = pick(DEVICES, random >>> 8);
  // Reverse DNS still returns the name of the machine that had the address before.
  const stale = random % 16 === 0 && index > 0 && habitatOf(seed, index - 1) === 'office';
  const own = `${os.qualys === 'HP JetDirect' ? 'prn' : 'net'}-${letters(index, 7).toLowerCase()}`;
  const address = ipv4('10', (random >>> 4) % 12, 181 + ((random >>> 16) % 18), random >>> 20);
  machine.os = os;
  machine.name = stale ? officeName(seed, index - 1) : own;
  machine.suffix = '.corp.example.com';
  machine.nics = [{ name: '', mac: '', addresses: [address], gateway: '' }];
}
