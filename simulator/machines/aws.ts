import { hash, hex8, pick, spread32, uuid } from '../random.js';
import { ec2Mac, ipv4, linkLocal, publicIp } from './addresses.js';
import { cloudSystem, hiddenFromSensor } from './cloud-systems.js';
import { fixed } from './fixed.js';
import { PURPOSE, type CloudPlace, type Machine } from './machine.js';

const REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1', 'eu-west-1', 'ap-southeast-2'] as const;
const DNS_ZONES = REGIONS.map((region) => (region === 'us-east-1' ? '.ec2.internal' : `.${region}.compute.internal`));
const XEN_SIZES = ['t2.micro', 't2.small', 'm4.large'] as const;
const NITRO_SIZES = ['t3.small', 'm5.large', 'c6i.xlarge'] as const;
const USERS = ['ec2-user', 'reboot', 'root', 'ssm-user'] as const;
const LETTERS = ['a', 'b', 'c', 'd'] as const;

/** Every fortieth instance has the private address, and so the name, of another one in another account. */
function privateIp(seed: number, index: number, separator: string): string {
  const twin = index % 40 === 7;
  const h = hash(seed, twin ? Math.floor(index / 80) : index, PURPOSE.address);
  return ipv4('172', 31, (h >>> 8) % 160, h >>> 16, separator);
}

function cloudPlace(seed: number, index: number, xen: boolean): CloudPlace {
  const random = hash(seed, index, PURPOSE.place);
  const { accounts, networks, subnets, images } = fixed(seed);
  // Each block of forty instances is in another account than the next one, so that two machines with one address are never in
  // one network.
  const account = Math.floor(index / 40) % accounts.length;
  const region = pick(REGIONS, random);
  return {
    provider: 'AWS',
    instance: `i-0${hex8(hash(seed, index, PURPOSE.instance))}${hex8(spread32(index))}`,
    account: accounts[account] as string,
    accountNumber: '',
    region,
    zone: region + pick(LETTERS, random >>> 8),
    network: networks[account * 8 + (random % 5)] as string,
    subnet: subnets[account * 32 + ((random >>> 8) % 20)] as string,
    image: pick(images, random >>> 12),
    size: pick(xen ? XEN_SIZES : NITRO_SIZES, random >>> 16),
    dashedIp: privateIp(seed, index, '-'),
    dnsZone: pick(DNS_ZONES, random),
    hidden: hiddenFromSensor(seed, index),
  };
}

/** An EC2 instance: its MAC is locally administered, its serial is an `ec2…` UUID, its name is its address. */
export function fillAws(machine: Machine, seed: number): void {
  const { index } = machine;
  const random = hash(seed, index, PURPOSE.model);
  const xen = random % 3 === 0;
  const cloud = cloudPlace(seed, index, xen);
  const os = cloudSystem(seed, index);
  const windows = os.platform === 'Windows';
  const mac = ec2Mac(seed, index);
  const external = publicIp(seed, index);
  machine.cloud = cloud;
  machine.os = os;
  machine.name = windows ? `EC2AMAZ-${hex8(spread32(index)).slice(1).toUpperCase()}` : `ip-${cloud.dashedIp}`;
  machine.suffix = windows ? '' : cloud.dnsZone;
  machine.crowdstrikeSuffix = machine.suffix;
  machine.windowsDomain = windows ? 'WORKGROUP' : '';
  machine.nics = [
    {
      name: windows ? 'Amazon Elastic Network Adapter' : 'eth0',
      mac,
      addresses: [privateIp(seed, index, '.'), linkLocal(mac)],
      gateway: '172.31.0.1',
    },
    // The public address is listed as an interface without MAC or name.
    { name: '', mac: '', addresses: [external], gateway: '' },
  ];
  machine.externalIp = external;
  machine.serial = `ec2${uuid(seed, index, PURPOSE.serial).slice(3)}`;
  machine.manufacturer = xen ? 'Xen' : 'Amazon EC2';
  machine.model = xen ? 'HVM domU' : cloud.size;
  machine.bios = xen ? '4.11.amazon' : '1.0';
  machine.chassis = '1';
  machine.chassisName = 'Other';
  machine.user = pick(USERS, random >>> 8);
}
