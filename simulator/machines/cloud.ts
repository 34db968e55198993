import { hash, hex32, hex4, hex8, pick, share, spread32, uuid } from '../random.js';
import { ec2Mac, factoryMac, ipv4, linkLocal, publicIp } from './addresses.js';
import { fixed } from './fixed.js';
import { DRAW, type CloudPlace, type Machine, type Os } from './machine.js';
import { CLOUD_LINUX, SERVERS } from './systems.js';

type Draft = Omit<Machine, 'inQualys' | 'inCrowdstrike' | 'agentless'>;

const AWS_REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1', 'eu-west-1', 'ap-southeast-2'] as const;
const AWS_ZONES = AWS_REGIONS.map((region) =>
  region === 'us-east-1' ? '.ec2.internal' : `.${region}.compute.internal`,
);
const XEN_SIZES = ['t2.micro', 't2.small', 'm4.large'] as const;
const NITRO_SIZES = ['t3.small', 'm5.large', 'c6i.xlarge'] as const;
const AWS_USERS = ['ec2-user', 'reboot', 'root', 'ssm-user'] as const;
const LETTERS = ['a', 'b', 'c', 'd'] as const;
const ROLES = ['api', 'web', 'payments', 'search', 'batch', 'queue', 'cache', 'build'] as const;

function systemOf(seed: number, index: number): Os {
  const h = hash(seed, index, DRAW.os);
  return h % 10 === 0 ? pick(SERVERS, h >>> 8) : pick(CLOUD_LINUX, h >>> 8);
}

function unknownToSensor(seed: number, index: number): boolean {
  return share(seed, index, DRAW.hidden) < 0.04;
}

/** Every fortieth instance has the private address, and so the name, of another one in another account. */
function privateIp(seed: number, index: number, separator: string): string {
  const twin = index % 40 === 7;
  const h = hash(seed, twin ? Math.floor(index / 80) : index, DRAW.address);
  return ipv4('172', 31, (h >>> 8) % 160, h >>> 16, separator);
}

export function awsMachine(seed: number, index: number): Draft {
  const os = systemOf(seed, index);
  const windows = os.platform === 'Windows';
  const ip = privateIp(seed, index, '.');
  const dashedIp = privateIp(seed, index, '-');
  const mac = ec2Mac(seed, index);
  const place = hash(seed, index, DRAW.place);
  const region = pick(AWS_REGIONS, place);
  const dnsZone = pick(AWS_ZONES, place);
  const xen = (place >>> 4) % 3 === 0;
  const { accounts, networks, subnets, images } = fixed(seed);
  // Neighbouring forties get different accounts, so that two machines with one address are never in one network.
  const account = Math.floor(index / 40) % accounts.length;
  const cloud: CloudPlace = {
    provider: 'AWS',
    instance: `i-0${hex8(hash(seed, index, DRAW.instance))}${hex8(spread32(index))}`,
    account: accounts[account] as string,
    region,
    zone: region + pick(LETTERS, place >>> 8),
    network: networks[account * 8 + (place % 5)] as string,
    subnet: subnets[account * 32 + ((place >>> 8) % 20)] as string,
    image: pick(images, place >>> 12),
    size: pick(xen ? XEN_SIZES : NITRO_SIZES, place >>> 16),
    dashedIp,
    dnsZone,
    hidden: unknownToSensor(seed, index),
  };
  return {
    index,
    habitat: 'aws',
    name: windows ? `EC2AMAZ-${hex8(spread32(index)).slice(1).toUpperCase()}` : `ip-${dashedIp}`,
    suffix: windows ? '' : dnsZone,
    crowdstrikeSuffix: windows ? '' : dnsZone,
    ...(windows ? { windowsDomain: 'WORKGROUP' } : {}),
    os,
    nics: [
      {
        name: windows ? 'Amazon Elastic Network Adapter' : 'eth0',
        mac,
        addresses: [ip, linkLocal(mac)],
        gateway: '172.31.0.1',
      },
      // The public address is listed as an interface without MAC or name.
      { name: '', addresses: [publicIp(seed, index)] },
    ],
    externalIp: publicIp(seed, index),
    serial: `ec2${uuid(seed, index, DRAW.serial).slice(3)}`,
    manufacturer: xen ? 'Xen' : 'Amazon EC2',
    model: xen ? 'HVM domU' : cloud.size,
    bios: xen ? '4.11.amazon' : '1.0',
    chassis: '1',
    chassisName: 'Other',
    user: pick(AWS_USERS, place >>> 20),
    cloud,
  };
}

export function azureMachine(seed: number, index: number): Draft {
  const os = systemOf(seed, index);
  const h = hash(seed, index, DRAW.address);
  const region = pick(['eastus', 'westeurope', 'northeurope', 'southeastasia'], h >>> 4);
  const account = (h >>> 8) % 4;
  const mac = factoryMac('000d3a', index);
  const ip = ipv4('10', 40 + account, (h >>> 12) % 64, h >>> 18);
  const digits = String(spread32(index)).padStart(10, '0') + String(h).padStart(10, '0');
  return {
    index,
    habitat: 'azure',
    name: `vm-${pick(ROLES, h)}-${index.toString(36)}`,
    suffix: '',
    crowdstrikeSuffix: '',
    os,
    nics: [
      {
        name: os.platform === 'Windows' ? 'Microsoft Hyper-V Network Adapter' : 'eth0',
        mac,
        addresses: [ip, linkLocal(mac)],
        gateway: '10.40.0.1',
      },
    ],
    externalIp: publicIp(seed, index),
    serial:
      `0000-${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16)}-51`.slice(
        0,
        32,
      ),
    manufacturer: 'Microsoft Corporation',
    model: 'Virtual Machine',
    bios: 'Hyper-V UEFI Release v4.1',
    chassis: '3',
    chassisName: 'Desktop',
    user: 'azureuser',
    cloud: {
      provider: 'AZURE',
      instance: uuid(seed, index, DRAW.instance),
      account: uuid(seed, account, DRAW.place),
      region,
      zone: region,
      network: `vnet-${region}`,
      subnet: `snet-${(h >>> 12) % 64}`,
      image: 'canonical',
      size: pick(['Standard_B2s', 'Standard_D4s_v5', 'Standard_E8s_v5'], h >>> 20),
      dashedIp: '',
      dnsZone: '',
      hidden: unknownToSensor(seed, index),
    },
  };
}

export function gcpMachine(seed: number, index: number): Draft {
  const os = systemOf(seed, index);
  const h = hash(seed, index, DRAW.address);
  const region = pick(['us-central1', 'europe-west1', 'asia-east1'], h >>> 4);
  const zone = `${region}-${pick(['a', 'b', 'c'], h >>> 6)}`;
  const account = (h >>> 8) % 5;
  const project = `acme-${pick(ROLES, account)}-${account}`;
  // Google derives the MAC from the private address, so networks that reuse addresses reuse MACs as well.
  const third = (h >>> 12) % 16;
  const fourth = (h >>> 18) % 250;
  const mac = `42010a80${hex4((third << 8) | (2 + fourth))}`;
  const ip = ipv4('10', 128, third, fourth);
  const name = `${pick(ROLES, h)}-${index.toString(36)}-${hex8(h).slice(4)}`;
  const domain = `.${zone}.c.${project}.internal`;
  return {
    index,
    habitat: 'gcp',
    name,
    suffix: domain,
    crowdstrikeSuffix: os.platform === 'Windows' ? '' : domain,
    os,
    nics: [
      {
        name: os.platform === 'Windows' ? 'Google VirtIO Ethernet Adapter' : 'ens4',
        mac,
        addresses: [ip],
        gateway: '10.128.0.1',
      },
    ],
    externalIp: publicIp(seed, index),
    serial: `GoogleCloud-${hex32(seed, index, DRAW.serial).toUpperCase()}`,
    manufacturer: 'Google',
    model: 'Google Compute Engine',
    bios: 'Google',
    chassis: '1',
    chassisName: 'Other',
    user: 'root',
    cloud: {
      provider: 'GCP',
      // Nineteen digits: more than a JSON number of most readers can hold.
      instance: `${1 + (h % 8)}${String(hash(seed, index, DRAW.instance) % 100_000_000).padStart(8, '0')}${String(spread32(index)).padStart(10, '0')}`,
      account: project,
      accountNumber: String(100_000_000_000 + ((hash(seed, account, DRAW.place) * 193) % 899_999_999_999)),
      region,
      zone,
      network: 'default',
      subnet: 'default',
      image: 'debian-12-bookworm',
      size: pick(['e2-medium', 'n2-standard-4'], h >>> 24),
      dashedIp: '',
      dnsZone: '',
      hidden: false,
    },
  };
}
