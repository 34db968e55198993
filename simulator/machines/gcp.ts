import { hash, hex32, hex4, hex8, pick, spread32 } from '../random.js';
import { ipv4, publicIp } from './addresses.js';
import { cloudSystem, ROLES } from './cloud-systems.js';
import { fixed } from './fixed.js';
import { PURPOSE, type Machine } from './machine.js';

const REGIONS = ['us-central1', 'europe-west1', 'asia-east1'] as const;
const LETTERS = ['a', 'b', 'c'] as const;
const SIZES = ['e2-medium', 'n2-standard-4'] as const;

export function fillGcp(machine: Machine, seed: number): void {
  const { index } = machine;
  const os = cloudSystem(seed, index);
  const windows = os.platform === 'Windows';
  const random = hash(seed, index, PURPOSE.address);
  const region = pick(REGIONS, random >>> 4);
  const zone = `${region}-${pick(LETTERS, random >>> 6)}`;
  const account = (random >>> 8) % 5;
  const project = `acme-${ROLES[account]}-${account}`;
  const third = (random >>> 12) % 16;
  const fourth = (random >>> 18) % 250;
  machine.cloud = {
    provider: 'GCP',
    // Nineteen digits: more than the numbers of most parsers can represent.
    instance: `${1 + (random % 8)}${String(hash(seed, index, PURPOSE.instance) % 100_000_000).padStart(8, '0')}${String(spread32(index)).padStart(10, '0')}`,
    account: project,
    accountNumber: fixed(seed).projectNumbers[account] as string,
    region,
    zone,
    network: 'default',
    subnet: 'default',
    image: 'debian-12-bookworm',
    size: pick(SIZES, random >>> 24),
    dashedIp: '',
    dnsZone: '',
    hidden: false,
  };
  machine.os = os;
  machine.name = `${pick(ROLES, random)}-${index.toString(36)}-${hex8(random).slice(4)}`;
  machine.suffix = `.${zone}.c.${project}.internal`;
  machine.crowdstrikeSuffix = windows ? '' : machine.suffix;
  machine.nics = [
    {
      name: windows ? 'Google VirtIO Ethernet Adapter' : 'ens4',
      // Google derives the MAC from the private address, so networks that reuse addresses reuse MACs as well.
      mac: `42010a80${hex4((third << 8) | (2 + fourth))}`,
      addresses: [ipv4('10', 128, third, fourth)],
      gateway: '10.128.0.1',
    },
  ];
  machine.externalIp = publicIp(seed, index);
  machine.serial = `GoogleCloud-${hex32(seed, index, PURPOSE.serial).toUpperCase()}`;
  machine.manufacturer = 'Google';
  machine.model = 'Google Compute Engine';
  machine.bios = 'Google';
  machine.chassis = '1';
  machine.chassisName = 'Other';
  machine.user = 'root';
}
