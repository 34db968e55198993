import { hash, hex32, hex4, hex8, letters, spread32, uuid } from '../../../simulator/random.js';
import { ec2Mac, factoryMac, ipv4, publicIp } from '../../../simulator/machines/addresses.js';
import { CLOUD_LINUX, SERVERS } from '../../../simulator/machines/systems.js';
import { RandomStream } from './random-stream.js';
import { bridge, type Body } from './premises.js';
import type { World } from './world.js';

const AWS_REGIONS = ['us-east-1', 'us-west-2', 'eu-central-1', 'eu-west-1'];

/** An AWS account: whether it uses the default range, as many accounts do, and the address of its NAT. */
function accountOf(world: World, account: number) {
  const random = new RandomStream(world.seed, account, 'account');
  const same = random.chance(world.rates['same-cidr']);
  const octet = random.below(200);
  const region = random.pick(AWS_REGIONS);
  return {
    id: String(100_000_000_000 + hash(world.seed, account, 80) * 97),
    address: (bits: number): string =>
      same ? ipv4('172', 31, (bits >>> 8) % 96, bits) : ipv4('10', octet, (bits >>> 8) % 64, bits),
    region,
    same,
    nat: publicIp(world.seed, 60_000_000 + account),
  };
}

export function fillEc2(world: World, random: RandomStream, body: Body): void {
  const { seed, rates } = world;
  const { unit } = body;
  const [state] = body.states;
  const number = random.below(world.accounts);
  const account = accountOf(world, number);
  const ip = account.address(random.next());
  const windows = random.chance(0.2);
  const xen = random.chance(0.3);
  const named = random.chance(0.35);
  body.os = random.pick(windows ? SERVERS : CLOUD_LINUX);
  [body.manufacturer, body.model, body.bios] = xen
    ? ['Xen', 'HVM domU', '4.11.amazon']
    : ['Amazon EC2', random.pick(['t3.small', 'm5.large', 'c6i.xlarge']), '1.0'];
  state.uuid = `ec2${uuid(seed, unit, 50).slice(3)}`;
  state.serial = state.uuid;
  state.nics = [{ name: windows ? 'Amazon Elastic Network Adapter' : 'eth0', mac: ec2Mac(seed, unit), ip }];
  body.cloud = {
    provider: 'AWS',
    instance: `i-0${hex8(hash(seed, unit, 51))}${hex8(spread32(unit))}`,
    account: account.id,
    region: account.region,
    zone: `${account.region}${random.pick(['a', 'b', 'c'])}`,
    network: `vpc-0${hex32(seed, number, 81).slice(0, 16)}`,
    subnet: `subnet-0${hex32(seed, number * 4 + random.below(4), 82).slice(0, 16)}`,
  };
  if (windows) state.name = `EC2AMAZ-${letters(unit, 7, seed)}`;
  else if (!named) {
    state.name = `ip-${ip.replaceAll('.', '-')}`;
    state.domain = account.region === 'us-east-1' ? 'ec2.internal' : `${account.region}.compute.internal`;
  } else state.domain = 'aws.example.com';
  const behind = random.chance(rates['private-instance']);
  body.ownAddress = !behind;
  body.externalIp = behind ? account.nat : publicIp(seed, 200_000_000 + unit);
  if (account.same) body.pitfalls.push('same-cidr');
  const [moved, which, now] = [random.chance(rates['moved-eni']), random.below(world.enis), random.chance(0.5)];
  if (moved) {
    body.pitfalls.push(`moved-eni:${which}`);
    const nic = { name: 'eth1', mac: ec2Mac(seed, 0x6000_0000 + which), ip: account.address(random.next()) };
    body.eni = { nic, when: now ? 'after' : 'before' };
  }
  bridge(world, random, body);
}

export function fillAzure(world: World, random: RandomStream, body: Body): void {
  const { seed } = world;
  const { unit } = body;
  const [state] = body.states;
  const subscription = random.below(Math.max(2, world.accounts >> 1));
  body.os = random.pick(random.chance(0.4) ? SERVERS : CLOUD_LINUX);
  [body.manufacturer, body.model, body.bios] = [
    'Microsoft Corporation',
    'Virtual Machine',
    'Hyper-V UEFI Release v4.1',
  ];
  const instance = uuid(seed, unit, 52);
  state.uuid = instance;
  const digits = String(spread32(unit)).padStart(10, '0') + String(hash(seed, unit, 53)).padStart(10, '0');
  state.serial = `0000-${(digits.match(/.{4}/g) as string[]).join('-')}-51`;
  const ip = ipv4('10', 40 + (subscription % 8), random.below(64), random.next());
  state.nics = [{ name: 'eth0', mac: factoryMac(random.pick(['000d3a', '6045bd', '7c1e52']), unit), ip }];
  state.name = `vm-${state.name}`;
  // Each virtual network has its own zone in Azure's DNS.
  state.domain = `${hex32(seed, subscription, 55).slice(0, 18)}.bx.internal.cloudapp.net`;
  const region = random.pick(['eastus', 'westeurope', 'northeurope']);
  const account = uuid(seed, subscription, 54);
  body.cloud = {
    provider: 'AZURE',
    instance,
    account,
    region,
    zone: region,
    network: `vnet-${region}`,
    subnet: 'snet-1',
  };
  body.ownAddress = random.chance(0.5);
  body.externalIp = publicIp(seed, body.ownAddress ? 300_000_000 + body.slot : 70_000_000 + subscription);
  bridge(world, random, body);
}

/** Google writes the private address into the MAC, and every project's default network has the same range. */
export function fillGcp(world: World, random: RandomStream, body: Body): void {
  const { seed } = world;
  const { unit } = body;
  const [state] = body.states;
  const project = random.below(Math.max(2, world.accounts >> 1));
  const [third, fourth] = [random.below(16), random.below(250)];
  body.os = random.pick(CLOUD_LINUX);
  [body.manufacturer, body.model, body.bios] = ['Google', 'Google Compute Engine', 'Google'];
  state.uuid = uuid(seed, unit, 56);
  state.serial = `GoogleCloud-${state.uuid.replaceAll('-', '').toUpperCase()}`;
  state.nics = [
    { name: 'ens4', mac: `42010a80${hex4((third << 8) | (2 + fourth))}`, ip: `10.128.${third}.${2 + fourth}` },
  ];
  const zone = `${random.pick(['us-central1', 'europe-west1'])}-${random.pick(['a', 'b', 'c'])}`;
  state.domain = `${zone}.c.acme-${project}.internal`;
  body.cloud = {
    provider: 'GCP',
    instance: `${1 + random.below(8)}${String(hash(seed, unit, 57) % 100_000_000).padStart(8, '0')}${String(spread32(unit)).padStart(10, '0')}`,
    account: `acme-${project}`,
    region: zone.slice(0, -2),
    zone,
    network: 'default',
    subnet: 'default',
  };
  body.pitfalls.push('gcp-mac');
  body.ownAddress = random.chance(0.5);
  body.externalIp = publicIp(seed, body.ownAddress ? 400_000_000 + body.slot : 80_000_000 + project);
  bridge(world, random, body);
}

/** A pod with its own sensor, which reads the hardware identifiers of its node. */
export function fillPod(world: World, random: RandomStream, body: Body): void {
  const { seed, rates } = world;
  const [state] = body.states;
  const node = random.below(Math.max(1, Math.round(world.hosts / 300)));
  const unit = 0x6800_0000 + node;
  body.os = CLOUD_LINUX[1];
  [body.manufacturer, body.model, body.bios] = ['Amazon EC2', 'm5.2xlarge', '1.0'];
  const [instance, id] = [random.chance(rates['pod-instance']), random.chance(rates['pod-uuid'])];
  const account = accountOf(world, node % world.accounts);
  if (instance) {
    body.pitfalls.push(`pod-instance:${node}`);
    body.cloud = {
      provider: 'AWS',
      instance: `i-0${hex8(hash(seed, unit, 51))}${hex8(spread32(unit))}`,
      account: account.id,
      region: account.region,
      zone: `${account.region}a`,
      network: '',
      subnet: '',
    };
  }
  if (id) {
    body.pitfalls.push(`pod-uuid:${node}`);
    state.serial = `ec2${uuid(seed, unit, 50).slice(3)}`;
  }
  state.name = `${state.name}-${letters(body.unit, 5, 9).toLowerCase()}`;
  state.nics = [{ name: 'eth0', mac: `0a58${hex8(hash(seed, body.unit, 58))}`, ip: account.address(random.next()) }];
  body.externalIp = account.nat;
}
