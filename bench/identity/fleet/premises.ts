import { hash, letters } from '../../../simulator/random.js';
import { factoryMac, ipv4, publicIp, vmwareMac } from '../../../simulator/machines/addresses.js';
import { CLOUD_LINUX, DESKTOPS, MACS, SERVERS } from '../../../simulator/machines/systems.js';
import { hex32, uuid } from '../../../simulator/random.js';
import type { Draw } from './draw.js';
import { buildOf, cardMac, physicalIds, unlistedMac, vmwareSerial, vmwareUuid } from './hardware.js';
import type { Machine, Nic, State } from './machine.js';
import { domainOf, type World } from './world.js';

/** The result of a builder: a machine without history, and its first state. */
export type Body = Machine & { states: [State] };

/** Addresses of a site are 10.x. Sites from the two-hundredth on reuse those of other sites, behind their own NAT. */
export function siteIp(site: number, drawn: number, from = 0, count = 180): string {
  return ipv4('10', site % 200, from + ((drawn >>> 8) % count), drawn);
}

const VPN_MACS = ['00059a3c7a00', '00090ffe0001', '025041000001', '02004e435049'];
const HOST_ONLY = ['005056c00001', '005056c00008'];
const T2_MAC = 'acde48001122';
const DOCK_PREFIXES = ['a0cec8', '00e04c', '3448ed'];
const HOME_NETWORKS = ['192.168.0', '192.168.1', '192.168.86', '192.168.178', '10.0.0'];

export function egressOf(world: World, site: number): string {
  return publicIp(world.seed, 50_000_000 + site);
}

export function fillServer(world: World, draw: Draw, body: Body): void {
  const build = buildOf(world, body.slot);
  const [state] = body.states;
  body.os = draw.pick(draw.chance(0.5) ? SERVERS : CLOUD_LINUX);
  [body.maker, body.model, body.bios] = [build.maker, build.models.server, build.bios];
  Object.assign(state, physicalIds(world, draw, 'server', body.unit, build, body.pitfalls));
  const ip = siteIp(body.site, draw.next());
  state.nics = [{ name: 'eth0', mac: cardMac(build.prefix, body.unit, 0), ip }];
  if (draw.chance(0.4)) state.nics.push({ name: 'eth1', mac: cardMac(build.prefix, body.unit, 1), ip: '' });
  state.domain = domainOf(body.site);
  bridge(world, draw, body);
}

export function fillVmware(world: World, draw: Draw, body: Body): void {
  const { seed, rates } = world;
  const [state] = body.states;
  body.os = draw.pick(draw.chance(0.5) ? SERVERS : CLOUD_LINUX);
  [body.maker, body.model, body.bios] = ['VMware, Inc.', 'VMware7,1', 'VMW71.00V.21100432.B64'];
  state.uuid = vmwareUuid(seed, body.unit);
  const [cloned, named] = [draw.chance(rates.clone), draw.chance(rates['clone-name'])];
  const template = draw.below(world.templates);
  if (cloned) {
    body.pitfalls.push(`clone:${template}`);
    state.uuid = vmwareUuid(seed, 0x5000_0000 + template);
    if (named) {
      body.pitfalls.push(`clone-name:${template}`);
      state.name = `tmpl-${letters(0x5000_0000 + template, 5).toLowerCase()}`;
    }
  }
  state.serial = vmwareSerial(state.uuid);
  state.nics = [{ name: 'vmxnet3 Ethernet Adapter', mac: vmwareMac(body.unit), ip: siteIp(body.site, draw.next()) }];
  twin(world, draw, body, rates['twin-mac'], world.twinMacs);
  state.domain = domainOf(body.site);
  bridge(world, draw, body);
}

export function fillHyperv(world: World, draw: Draw, body: Body): void {
  const [state] = body.states;
  body.os = draw.pick(SERVERS);
  [body.maker, body.model, body.bios] = ['Microsoft Corporation', 'Virtual Machine', 'Hyper-V UEFI Release v4.1'];
  state.uuid = uuid(world.seed, body.unit, 46);
  const digits = (hash(world.seed, body.unit, 47) * 1_000_003 + body.unit).toString().padStart(22, '7');
  state.serial = (digits.match(/.{4}/g) as string[]).slice(0, 5).join('-') + `-${digits.slice(-6)}`;
  state.nics = [
    {
      name: 'Microsoft Hyper-V Network Adapter',
      mac: factoryMac('00155d', body.unit),
      ip: siteIp(body.site, draw.next()),
    },
  ];
  twin(world, draw, body, world.rates['twin-mac-hyperv'], world.twinMacsHyperv);
  state.domain = domainOf(body.site);
}

/** Hypervisors draw from small pools, and copied machines may keep their address. */
function twin(world: World, draw: Draw, body: Body, rate: number, groups: number): void {
  const [hit, group] = [draw.chance(rate), draw.below(groups)];
  if (!hit) return;
  body.pitfalls.push(`twin-mac:${body.kind}${group}`);
  const own = body.states[0].nics[0]!;
  own.mac = own.mac.slice(0, 6) + hex32(world.seed, group, body.kind === 'hyperv' ? 64 : 68).slice(0, 6);
}

/** Docker's bridge has a random address, or the fixed address of early versions. */
export function bridge(world: World, draw: Draw, body: Body): void {
  const [docker, drawn] = [draw.chance(world.rates.docker), draw.next()];
  if (!docker || body.os.platform !== 'Linux') return;
  body.pitfalls.push('docker');
  const mac = drawn % 3 === 0 ? '0242ac110001' : `0242${(drawn >>> 0).toString(16).padStart(8, '0')}`;
  body.states[0].nics.push({ name: 'docker0', mac, ip: '172.17.0.1' });
}

export function fillEndpoint(world: World, draw: Draw, body: Body): void {
  const { rates } = world;
  const [state] = body.states;
  const apple = body.kind === 'mac';
  const build = buildOf(world, body.slot);
  body.os = draw.pick(apple ? MACS : DESKTOPS);
  if (apple) {
    [body.maker, body.model, body.bios] = ['Apple Inc.', draw.pick(['MacBookPro18,3', 'Mac14,2', 'Mac15,6']), ''];
    [state.serial, state.uuid] = [letters(body.unit, 10, world.seed), uuid(world.seed, body.unit, 48)];
  } else {
    [body.maker, body.bios] = [build.maker, build.bios];
    body.model = body.kind === 'laptop' ? build.models.laptop : build.models.desktop;
    Object.assign(state, physicalIds(world, draw, body.kind, body.unit, build, body.pitfalls));
  }
  const portable = body.kind !== 'desktop';
  const [atHome, drawn, second] = [draw.chance(rates.home), draw.next(), draw.chance(0.35)];
  body.docks = docksOf(world, draw, body, portable);
  body.home = portable && atHome && body.docks.length === 0;
  body.dhcp = true;
  const prefix = apple ? 'a07817' : build.prefix;
  state.nics = [
    {
      name: apple ? 'en0' : portable ? 'Intel(R) Wi-Fi 6E AX211 160MHz' : 'Intel(R) Ethernet Connection I219-LM',
      mac: cardMac(prefix, body.unit, 0),
      ip: leased(body, drawn),
    },
  ];
  if (portable && !apple && second)
    state.nics.push({ name: 'Intel(R) Ethernet Connection I219-LM', mac: cardMac(prefix, body.unit, 1), ip: '' });
  state.domain = apple || body.home ? '' : domainOf(body.site);
  if (body.home) body.externalIp = publicIp(world.seed, 100_000_000 + body.slot);
  if (body.home) body.pitfalls.push('home');
  shared(world, draw, body, portable, apple);
}

/** An address as DHCP hands it out where the endpoint is. */
export function leased(body: Machine, drawn: number): string {
  return body.home ? `${HOME_NETWORKS[drawn % 5]}.${2 + ((drawn >>> 8) % 120)}` : siteIp(body.site, drawn, 180, 60);
}

function docksOf(world: World, draw: Draw, body: Body, portable: boolean): Nic[] {
  const { rates, seed } = world;
  const [docked, two] = [draw.chance(rates.dock), draw.chance(rates['dock-second'])];
  const first = draw.below(world.docks);
  if (!portable || !docked) return [];
  // A dock is in one office, and so are its users.
  body.site = first % world.sites;
  body.externalIp = egressOf(world, body.site);
  const others = Math.max(1, Math.floor(world.docks / world.sites));
  const second = body.site + world.sites * draw.below(others);
  return [...new Set(two ? [first, second] : [first])].map((dock) => {
    body.pitfalls.push(`dock:${dock}`);
    const mac = DOCK_PREFIXES[dock % 3]! + hex32(seed, dock, 72).slice(0, 6);
    return { name: 'Realtek USB GbE Family Controller', mac, ip: siteIp(body.site, draw.next(), 240, 15) };
  });
}

/** Adapters whose address is the same on every machine that has one. */
function shared(world: World, draw: Draw, body: Body, portable: boolean, apple: boolean): void {
  const { rates, seed } = world;
  const { nics } = body.states[0];
  const add = (tag: string, name: string, mac: string): void => {
    body.pitfalls.push(tag);
    nics.push({ name, mac, ip: '' });
  };
  if (draw.chance(rates['vpn-adapter'])) add('vpn-adapter', 'VPN Virtual Miniport Adapter', draw.pick(VPN_MACS));
  if (draw.chance(rates['host-only'])) add('host-only', 'VMware Virtual Ethernet Adapter', draw.pick(HOST_ONLY));
  const [unlisted, which] = [draw.chance(rates['shared-mac']), draw.below(3)];
  if (unlisted) add(`shared-mac:${which}`, 'USB 10/100/1000 LAN', unlistedMac(seed, which));
  if (apple && draw.chance(rates['t2-bridge'])) add('t2-bridge', 'en5', T2_MAC);
  const random = apple ? rates['random-mac-mac'] : rates['random-mac-laptop'];
  body.randomMac = portable && draw.chance(random);
  if (body.randomMac) body.pitfalls.push('random-mac');
}
