import { hash, hex32, letters, pick, share } from '../random.js';
import { factoryMac, ipv4, linkLocal, publicIp, vmwareMac } from './addresses.js';
import { PURPOSE, type Machine, type Nic } from './machine.js';
import { DESKTOPS, SERVERS } from './systems.js';

const DOMAINS = ['corp.example.com', 'emea.example.com', 'apac.example.com'] as const;
const DEPARTMENTS = ['FIN', 'HR', 'ENG', 'OPS', 'SAL', 'LEG'] as const;
/** Names that exist once in every domain: a short name alone does not identify a machine. */
const COMMON = ['DC01', 'FILESRV01', 'PRINT01', 'SQL01'] as const;
/** Firmware values of a field that the manufacturer did not fill in. */
const PLACEHOLDERS = [
  'To be filled by O.E.M.',
  'System Serial Number',
  'Default string',
  'Not Specified',
  'None',
] as const;
const USERS = ['a.novak', 'j.smith', 'm.garcia', 'k.tanaka', 's.müller', 'l.dubois', 'p.okafor', 'r.silva'] as const;
/** Cisco's VPN adapter has this MAC on every machine that runs it. */
const VPN: Nic = { name: 'Cisco AnyConnect Virtual Miniport Adapter', mac: '00059a3c7a00', addresses: [], gateway: '' };
const ADAPTERS = [
  'Broadcom NetXtreme Gigabit Ethernet',
  'Intel(R) Ethernet Connection (17) I219-LM',
  'Intel(R) Wi-Fi 6E AX211 160MHz',
] as const;
const SITES = 12;
/** 0 server, 1 desktop, 2 laptop. */
const ROLES = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2] as const;
const CHASSIS = ['23', '3', '10'] as const;
const CHASSIS_NAMES = ['Rack Mount Chassis', 'Desktop', 'Notebook'] as const;

const BUILDS = [
  {
    manufacturer: 'Dell Inc.',
    prefix: '8c04ba',
    models: ['PowerEdge R650', 'OptiPlex 7010', 'Latitude 7440'],
    serial: 7,
  },
  {
    manufacturer: 'HP',
    prefix: '3c5282',
    models: ['ProLiant DL380', 'EliteDesk 800 G9', 'EliteBook 840 G10'],
    serial: 10,
  },
  { manufacturer: 'LENOVO', prefix: '6c2408', models: ['ThinkSystem SR650', '11T3', '21HD'], serial: 8 },
] as const;

function serialOf(seed: number, index: number, role: number, virtual: boolean, length: number): string {
  if (virtual) {
    const bytes = hex32(seed, index, PURPOSE.serial).match(/../g) as string[];
    return `VMware-${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
  }
  const random = hash(seed, index, PURPOSE.serial);
  // Manufacturers fill in the field on laptops, but not always on desktops and servers.
  if (role < 2 && random % 100 < 8) return pick(PLACEHOLDERS, random >>> 8);
  return letters(index, length, seed);
}

function nameOf(seed: number, index: number, role: number, site: number): string {
  const random = hash(seed, index, PURPOSE.name);
  if (role === 2) return `LT-${letters(index, 7)}`;
  if (role === 1) return `DESKTOP-${letters(index, 7)}`;
  if (random % 25 === 0) return pick(COMMON, random >>> 8);
  return `${pick(DEPARTMENTS, random)}${site}-${letters(index, 7)}`;
}

/** The name of an office machine. A scanner reports it for another machine when a reverse DNS entry is stale. */
export function officeName(seed: number, index: number): string {
  const { role, site } = roleOf(seed, index);
  return nameOf(seed, index, role, site).toLowerCase();
}

function roleOf(seed: number, index: number): { random: number; role: number; site: number } {
  const random = hash(seed, index, PURPOSE.model);
  return { random, role: pick(ROLES, random), site: (random >>> 4) % SITES };
}

/** About six laptops use one dock, so its MAC appears under six names. */
function dockOf(seed: number, index: number, site: number): Nic | undefined {
  if (share(seed, index, PURPOSE.dock) >= 0.25) return undefined;
  const dock = Math.floor(index / 200);
  const h = hash(seed, index, PURPOSE.dock);
  return {
    name: 'Realtek USB GbE Family Controller',
    mac: factoryMac('a0cec8', dock),
    addresses: [ipv4('10', site, 200, h >>> 8)],
    gateway: `10.${site}.200.1`,
  };
}

export function fillOffice(machine: Machine, seed: number): void {
  const { index } = machine;
  const { random, role, site } = roleOf(seed, index);
  const virtual = role === 0 && (random >>> 8) % 2 === 0;
  const build = pick(BUILDS, random >>> 12);
  const domain = pick(DOMAINS, site);
  const mac = virtual ? vmwareMac(index) : factoryMac(build.prefix, index);
  const dock = role === 2 ? dockOf(seed, index, site) : undefined;
  machine.os = pick(role === 0 ? SERVERS : DESKTOPS, hash(seed, index, PURPOSE.os));
  machine.name = nameOf(seed, index, role, site);
  machine.suffix = `.${domain}`;
  machine.windowsDomain = domain;
  machine.nics = [
    {
      name: virtual ? 'vmxnet3 Ethernet Adapter' : pick(ADAPTERS, role),
      mac,
      addresses: [ipv4('10', site, hash(seed, index, PURPOSE.address) % 180, random >>> 20), linkLocal(mac)],
      gateway: `10.${site}.0.1`,
    },
  ];
  if (dock) machine.nics.push(dock);
  if (role === 2 && (random >>> 24) % 5 === 0)
    machine.nics.push({ ...VPN, addresses: [ipv4('10', 250, random & 63, random >>> 6)] });
  // Half of the docked laptops use the dock's interface when CrowdStrike records them.
  machine.dock = (random >>> 16) % 2 === 0 ? dock : undefined;
  // One public address for the whole site, because all machines use the same NAT.
  machine.externalIp = publicIp(seed, -2 - site);
  machine.serial = serialOf(seed, index, role, virtual, build.serial);
  machine.manufacturer = virtual ? 'VMware, Inc.' : build.manufacturer;
  machine.model = virtual ? 'VMware7,1' : pick(build.models, role);
  machine.bios = virtual ? 'VMW71.00V.21100432.B64' : `1.${(random >>> 10) % 30}.0`;
  machine.chassis = pick(CHASSIS, role);
  machine.chassisName = pick(CHASSIS_NAMES, role);
  machine.user = pick(USERS, hash(seed, index, PURPOSE.user));
}
