import { hash, hex32, letters, pick, share } from '../random.js';
import { factoryMac, ipv4, linkLocal, publicIp } from './addresses.js';
import { DRAW, type Machine, type Nic, type Os } from './machine.js';
import { DESKTOPS, SERVERS } from './systems.js';

type Draft = Omit<Machine, 'inQualys' | 'inCrowdstrike' | 'agentless'>;

const DOMAINS = ['corp.example.com', 'emea.example.com', 'apac.example.com'] as const;
const DEPARTMENTS = ['FIN', 'HR', 'ENG', 'OPS', 'SAL', 'LEG'] as const;
/** Names that every domain has one of: a short name alone is not a machine. */
const COMMON = ['DC01', 'FILESRV01', 'PRINT01', 'SQL01'] as const;
/** What firmware says when the manufacturer did not fill the field. */
const PLACEHOLDERS = [
  'To be filled by O.E.M.',
  'System Serial Number',
  'Default string',
  'Not Specified',
  'None',
] as const;
const USERS = ['a.novak', 'j.smith', 'm.garcia', 'k.tanaka', 's.müller', 'l.dubois', 'p.okafor', 'r.silva'] as const;
/** Cisco's VPN adapter has this MAC on every machine that runs it. */
const VPN_MAC = '00059a3c7a00';
const SITES = 12;
/** 0 server, 1 desktop, 2 laptop. */
const ROLES = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2] as const;
const CHASSIS = ['23', '3', '10'] as const;
const CHASSIS_NAMES = ['Rack Mount Chassis', 'Desktop', 'Notebook'] as const;

const BUILDS = [
  {
    manufacturer: 'Dell Inc.',
    prefix: '8c04ba',
    models: ['Latitude 7440', 'OptiPlex 7010', 'PowerEdge R650'],
    serial: 7,
  },
  {
    manufacturer: 'HP',
    prefix: '3c5282',
    models: ['EliteBook 840 G10', 'EliteDesk 800 G9', 'ProLiant DL380'],
    serial: 10,
  },
  { manufacturer: 'LENOVO', prefix: '6c2408', models: ['21HD', '11T3', 'ThinkSystem SR650'], serial: 8 },
] as const;

function serialOf(seed: number, index: number, role: number, virtual: boolean, length: number): string {
  if (virtual) {
    const bytes = hex32(seed, index, DRAW.serial).match(/../g) as string[];
    return `VMware-${bytes.slice(0, 8).join(' ')}-${bytes.slice(8).join(' ')}`;
  }
  const drawn = hash(seed, index, DRAW.serial);
  // Laptops come from makers who fill the field; desktops and servers now and then do not.
  if (role < 2 && drawn % 100 < 8) return pick(PLACEHOLDERS, drawn >>> 8);
  return letters(index, length, seed);
}

function nameOf(seed: number, index: number, role: number, site: number): string {
  const drawn = hash(seed, index, DRAW.name);
  if (role === 2) return `LT-${letters(index, 7)}`;
  if (role === 1) return `DESKTOP-${letters(index, 7)}`;
  if (drawn % 25 === 0) return pick(COMMON, drawn >>> 8);
  return `${pick(DEPARTMENTS, drawn)}${site}-${letters(index, 7)}`;
}

/** The name an office machine goes by, for scanners that believe a stale reverse DNS entry. */
export function officeName(seed: number, index: number): string {
  return officeMachine(seed, index).name.toLowerCase();
}

/** A dock serves about six laptops, so its MAC is seen under six names. */
function dockOf(seed: number, index: number, site: number): Nic | undefined {
  if (share(seed, index, DRAW.dock) >= 0.25) return undefined;
  const dock = Math.floor(index / 200);
  const h = hash(seed, index, DRAW.dock);
  return {
    name: 'Realtek USB GbE Family Controller',
    mac: factoryMac('a0cec8', dock),
    addresses: [ipv4('10', site, 200, h >>> 8)],
    gateway: `10.${site}.200.1`,
  };
}

export function officeMachine(seed: number, index: number): Draft {
  const h = hash(seed, index, DRAW.model);
  const role = pick(ROLES, h);
  const site = (h >>> 4) % SITES;
  const virtual = role === 0 && (h >>> 8) % 2 === 0;
  const build = pick(BUILDS, h >>> 12);
  const os: Os = pick(role === 0 ? SERVERS : DESKTOPS, hash(seed, index, DRAW.os));
  const domain = pick(DOMAINS, site);
  const mac = factoryMac(virtual ? '005056' : build.prefix, index);
  const ip = ipv4('10', site, hash(seed, index, DRAW.address) % 180, h >>> 20);
  const dock = role === 2 ? dockOf(seed, index, site) : undefined;
  const nics: Nic[] = [
    {
      name: virtual
        ? 'vmxnet3 Ethernet Adapter'
        : role === 2
          ? 'Intel(R) Wi-Fi 6E AX211 160MHz'
          : 'Intel(R) Ethernet Connection (17) I219-LM',
      mac,
      addresses: [ip, linkLocal(mac)],
      gateway: `10.${site}.0.1`,
    },
  ];
  if (dock) nics.push(dock);
  if (role === 2 && (h >>> 24) % 5 === 0) {
    nics.push({
      name: 'Cisco AnyConnect Virtual Miniport Adapter',
      mac: VPN_MAC,
      addresses: [ipv4('10', 250, h & 63, h >>> 6)],
    });
  }
  return {
    index,
    habitat: 'office',
    name: nameOf(seed, index, role, site),
    suffix: `.${domain}`,
    crowdstrikeSuffix: '',
    windowsDomain: domain,
    os,
    nics,
    ...(dock && (h >>> 16) % 2 === 0 ? { dock } : {}),
    // One address for the whole site: everybody leaves through the same NAT.
    externalIp: publicIp(seed, -2 - site),
    serial: serialOf(seed, index, role, virtual, build.serial),
    manufacturer: virtual ? 'VMware, Inc.' : build.manufacturer,
    model: virtual ? 'VMware7,1' : (build.models[role === 0 ? 2 : role === 1 ? 1 : 0] as string),
    bios: virtual ? 'VMW71.00V.21100432.B64' : `1.${(h >>> 10) % 30}.0`,
    chassis: pick(CHASSIS, role),
    chassisName: pick(CHASSIS_NAMES, role),
    user: pick(USERS, hash(seed, index, DRAW.user)),
  };
}
