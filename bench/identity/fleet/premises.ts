import { hash, letters } from '../../../simulator/random.js';
import { factoryMac, ipv4, publicIp, vmwareMac } from '../../../simulator/machines/addresses.js';
import { CLOUD_LINUX, DESKTOPS, MACS, SERVERS } from '../../../simulator/machines/systems.js';
import { hex32, uuid } from '../../../simulator/random.js';
import type { RandomStream } from './random-stream.js';
import { buildOf, cardMac, physicalIds, unlistedMac, vmwareSerial, vmwareUuid } from './hardware.js';
import type { Machine, Nic, State } from './machine.js';
import { domainOf, type World } from './world.js';

/** The result of a builder: a machine without history, and its first state. */
export type Body = Machine & { states: [State] };

/** Addresses of a site are 10.x. Sites from the two-hundredth on reuse the addresses of other sites, behind their own NAT. */
export function siteIp(site: number, bits: number, from = 0, count = 180): string {
  return ipv4('10', site % 200, from + ((bits >>> 8) % count), bits);
}

const VPN_MACS = ['00059a3c7a00', '00090ffe0001', '025041000001', '02004e435049'];
const HOST_ONLY = ['005056c00001', '005056c00008'];
const T2_MAC = 'acde48001122';
const DOCK_PREFIXES = ['a0cec8', '00e04c', '3448ed'];
const HOME_NETWORKS = ['192.168.0', '192.168.1', '192.168.86', '192.168.178', '10.0.0'];

export function egressOf(world: World, site: number): string {
  return publicIp(world.seed, 50_000_000 + site);
}

export function fillServer(world: World, random: RandomStream, body: Body): void {
  const build = buildOf(world, body.slot);
  const [state] = body.states;
  body.os = random.pick(random.chance(0.5) ? SERVERS : CLOUD_LINUX);
  [body.manufacturer, body.model, body.bios] = [build.manufacturer, build.models.server, build.bios];
  Object.assign(state, physicalIds(world, random, 'server', body.unit, build, body.pitfalls));
  const ip = siteIp(body.site, random.next());
  state.nics = [{ name: 'eth0', mac: cardMac(build.prefix, body.unit, 0), ip }];
  if (random.chance(0.4)) state.nics.push({ name: 'eth1', mac: cardMac(build.prefix, body.unit, 1), ip: '' });
  state.domain = domainOf(body.site);
  bridge(world, random, body);
}

export function fillVmware(world: World, random: RandomStream, body: Body): void {
  const { seed, rates } = world;
  const [state] = body.states;
  body.os = random.pick(random.chance(0.5) ? SERVERS : CLOUD_LINUX);
  [body.manufacturer, body.model, body.bios] = ['VMware, Inc.', 'VMware7,1', 'VMW71.00V.21100432.B64'];
  state.uuid = vmwareUuid(seed, body.unit);
  const [cloned, named] = [random.chance(rates.clone), random.chance(rates['clone-name'])];
  const template = random.below(world.templates);
  if (cloned) {
    body.pitfalls.push(`clone:${template}`);
    state.uuid = vmwareUuid(seed, 0x5000_0000 + template);
    if (named) {
      body.pitfalls.push(`clone-name:${template}`);
      state.name = `tmpl-${letters(0x5000_0000 + template, 5).toLowerCase()}`;
    }
  }
  state.serial = vmwareSerial(state.uuid);
  state.nics = [{ name: 'vmxnet3 Ethernet Adapter', mac: vmwareMac(body.unit), ip: siteIp(body.site, random.next()) }];
  twin(world, random, body, rates['twin-mac'], world.twinMacs);
  state.domain = domainOf(body.site);
  bridge(world, random, body);
}

export function fillHyperv(world: World, random: RandomStream, body: Body): void {
  const [state] = body.states;
  body.os = random.pick(SERVERS);
  [body.manufacturer, body.model, body.bios] = [
    'Microsoft Corporation',
    'Virtual Machine',
    'Hyper-V UEFI Release v4.1',
  ];
  state.uuid = uuid(world.seed, body.unit, 46);
  const digits = (hash(world.seed, body.unit, 47) * 1_000_003 + body.unit).toString().padStart(22, '7');
  state.serial = (digits.match(/.{4}/g) as string[]).slice(0, 5).join('-') + `-${digits.slice(-6)}`;
  state.nics = [
    {
      name: 'Microsoft Hyper-V Network Adapter',
      mac: factoryMac('00155d', body.unit),
      ip: siteIp(body.site, random.next()),
    },
  ];
  twin(world, random, body, world.rates['twin-mac-hyperv'], world.twinMacsHyperv);
  state.domain = domainOf(body.site);
}

/** Hypervisors assign MACs from small pools, and copied machines may keep their MAC. */
function twin(world: World, random: RandomStream, body: Body, rate: number, groups: number): void {
  const [hit, group] = [random.chance(rate), random.below(groups)];
  if (!hit) return;
  body.pitfalls.push(`twin-mac:${body.kind}${group}`);
  const own = body.states[0].nics[0]!;
  own.mac = own.mac.slice(0, 6) + hex32(world.seed, group, body.kind === 'hyperv' ? 64 : 68).slice(0, 6);
}

/** Docker's bridge has a random address, or the fixed address of early versions. */
export function bridge(world: World, random: RandomStream, body: Body): void {
  const [docker, bits] = [random.chance(world.rates.docker), random.next()];
  if (!docker || body.os.platform !== 'Linux') return;
  body.pitfalls.push('docker');
  const mac = bits % 3 === 0 ? '0242ac110001' : `0242${(bits >>> 0).toString(16).padStart(8, '0')}`;
  body.states[0].nics.push({ name: 'docker0', mac, ip: '172.17.0.1' });
}

export function fillEndpoint(world: World, random: RandomStream, body: Body): void {
  const { rates } = world;
  const [state] = body.states;
  const apple = body.kind === 'mac';
  const build = buildOf(world, body.slot);
  body.os = random.pick(apple ? MACS : DESKTOPS);
  if (apple) {
    [body.manufacturer, body.model, body.bios] = [
      'Apple Inc.',
      random.pick(['MacBookPro18,3', 'Mac14,2', 'Mac15,6']),
      '',
    ];
    [state.serial, state.uuid] = [letters(body.unit, 10, world.seed), uuid(world.seed, body.unit, 48)];
  } else {
    [body.manufacturer, body.bios] = [build.manufacturer, build.bios];
    body.model = body.kind === 'laptop' ? build.models.laptop : build.models.desktop;
    Object.assign(state, physicalIds(world, random, body.kind, body.unit, build, body.pitfalls));
  }
  const portable = body.kind !== 'desktop';
  const [atHome, bits, second] = [random.chance(rates.home), random.next(), random.chance(0.35)];
  body.docks = docksOf(world, random, body, portable);
  body.home = portable && atHome && body.docks.length === 0;
  body.dhcp = true;
  const prefix = apple ? 'a07817' : build.prefix;
  state.nics = [
    {
      name: apple ? 'en0' : portable ? 'Intel(R) Wi-Fi 6E AX211 160MHz' : 'Intel(R) Ethernet Connection I219-LM',
      mac: cardMac(prefix, body.unit, 0),
      ip: leased(body, bits),
    },
  ];
  if (portable && !apple && second)
    state.nics.push({ name: 'Intel(R) Ethernet Connection I219-LM', mac: cardMac(prefix, body.unit, 1), ip: '' });
  state.domain = apple || body.home ? '' : domainOf(body.site);
  if (body.home) body.externalIp = publicIp(world.seed, 100_000_000 + body.slot);
  if (body.home) body.pitfalls.push('home');
  shared(world, random, body, portable, apple);
}

/** An address that DHCP assigns at the place of the endpoint. */
export function leased(body: Machine, bits: number): string {
  return body.home ? `${HOME_NETWORKS[bits % 5]}.${2 + ((bits >>> 8) % 120)}` : siteIp(body.site, bits, 180, 60);
}

function docksOf(world: World, random: RandomStream, body: Body, portable: boolean): Nic[] {
  const { rates, seed } = world;
  const [docked, two] = [random.chance(rates.dock), random.chance(rates['dock-second'])];
  const first = random.below(world.docks);
  if (!portable || !docked) return [];
  // A dock is in one office, and so are its users.
  body.site = first % world.sites;
  body.externalIp = egressOf(world, body.site);
  const others = Math.max(1, Math.floor(world.docks / world.sites));
  const second = body.site + world.sites * random.below(others);
  return [...new Set(two ? [first, second] : [first])].map((dock) => {
    body.pitfalls.push(`dock:${dock}`);
    const mac = DOCK_PREFIXES[dock % 3]! + hex32(seed, dock, 72).slice(0, 6);
    return { name: 'Realtek USB GbE Family Controller', mac, ip: siteIp(body.site, random.next(), 240, 15) };
  });
}

/** Adapters whose MAC is the same on every machine that has one. */
function shared(world: World, random: RandomStream, body: Body, portable: boolean, apple: boolean): void {
  const { rates, seed } = world;
  const { nics } = body.states[0];
  const add = (tag: string, name: string, mac: string): void => {
    body.pitfalls.push(tag);
    nics.push({ name, mac, ip: '' });
  };
  if (random.chance(rates['vpn-adapter'])) add('vpn-adapter', 'VPN Virtual Miniport Adapter', random.pick(VPN_MACS));
  if (random.chance(rates['host-only'])) add('host-only', 'VMware Virtual Ethernet Adapter', random.pick(HOST_ONLY));
  const [unlisted, which] = [random.chance(rates['shared-mac']), random.below(3)];
  if (unlisted) add(`shared-mac:${which}`, 'USB 10/100/1000 LAN', unlistedMac(seed, which));
  if (apple && random.chance(rates['t2-bridge'])) add('t2-bridge', 'en5', T2_MAC);
  const randomMacRate = apple ? rates['random-mac-mac'] : rates['random-mac-laptop'];
  body.randomMac = portable && random.chance(randomMacRate);
  if (body.randomMac) body.pitfalls.push('random-mac');
}
