import { share } from '../random.js';

/** The environment of a machine, which decides the identifiers in its records. */
export type Habitat = 'aws' | 'azure' | 'gcp' | 'office' | 'home' | 'scanned';
export type Platform = 'Linux' | 'Windows' | 'Mac' | 'Device';

/** One operating system as each vendor names it. */
export interface Os {
  platform: Platform;
  server: boolean;
  qualys: string;
  crowdstrike: string;
  major: string;
  minor: string;
  build: string;
  kernel: string;
}

const NO_OS: Os = {
  platform: 'Device',
  server: false,
  qualys: '',
  crowdstrike: '',
  major: '',
  minor: '',
  build: '',
  kernel: '',
};

/** Absent texts are empty here and in `Machine`: one shape for all machines makes rendering twice as fast. */
export interface Nic {
  name: string;
  /** Twelve lower-case hexadecimal digits; each vendor spells them its own way. */
  mac: string;
  addresses: string[];
  gateway: string;
}

export interface CloudPlace {
  provider: 'AWS' | 'AZURE' | 'GCP';
  instance: string;
  account: string;
  /** GCP: the project's number, which CrowdStrike reports instead of the project id. */
  accountNumber: string;
  region: string;
  zone: string;
  network: string;
  subnet: string;
  image: string;
  size: string;
  /** AWS: the private address with dashes and the zone after it, as EC2 names are made. */
  dashedIp: string;
  dnsZone: string;
  /** CrowdStrike could not read the metadata service: its record has no instance id. */
  hidden: boolean;
}

export class Machine {
  inQualys = false;
  inCrowdstrike = false;
  /** No Qualys agent: only a scanner or a cloud connector has seen it. */
  agentless = false;
  /** Short hostname, spelled as the machine spells it. */
  name = '';
  /** What follows the short name in Qualys and in CrowdStrike (`.corp.example.com`, `.lan`, nothing). */
  suffix = '';
  crowdstrikeSuffix = '';
  windowsDomain = '';
  os: Os = NO_OS;
  /** The first one is the machine's own and the one that carries its address. */
  nics: Nic[] = [];
  /** A dock shared with other laptops: when set, CrowdStrike reports its MAC first and the machine's own second. */
  dock: Nic | undefined;
  externalIp = '';
  serial = '';
  manufacturer = '';
  model = '';
  bios = '';
  chassis = '';
  chassisName = '';
  user = '';
  cloud: CloudPlace | undefined;

  constructor(
    readonly index: number,
    readonly habitat: Habitat,
  ) {}
}

/** The purpose of each number drawn from the seed. Two draws with the same purpose would be correlated. */
export const DRAW = {
  habitat: 1,
  sources: 2,
  os: 3,
  address: 4,
  external: 5,
  place: 6,
  instance: 7,
  model: 10,
  name: 11,
  serial: 12,
  user: 16,
  dock: 17,
  times: 18,
  sizes: 19,
  filler: 20,
  change: 21,
  agentId: 22,
  deviceId: 26,
  hidden: 30,
  policies: 31,
  network: 32,
} as const;

const HABITATS: readonly (readonly [Habitat, number])[] = [
  ['aws', 0.34],
  ['azure', 0.4],
  ['gcp', 0.45],
  ['office', 0.75],
  ['home', 0.92],
  ['scanned', 1],
];

export function habitatOf(seed: number, index: number): Habitat {
  const drawn = share(seed, index, DRAW.habitat);
  for (const [habitat, upTo] of HABITATS) if (drawn < upTo) return habitat;
  return 'scanned';
}

/** Shares of machines in both sources and in Qualys only; the rest is in CrowdStrike only. Overall ≈ 73 % are in both. */
const COVERAGE: Record<Habitat, { both: number; qualysOnly: number }> = {
  aws: { both: 0.82, qualysOnly: 0.12 },
  azure: { both: 0.82, qualysOnly: 0.12 },
  gcp: { both: 0.82, qualysOnly: 0.12 },
  office: { both: 0.84, qualysOnly: 0.09 },
  home: { both: 0.65, qualysOnly: 0 },
  scanned: { both: 0, qualysOnly: 1 },
};

/** Must be fast: listings call it for every index when the fleet changes. */
export function coverageOf(seed: number, index: number): { inQualys: boolean; inCrowdstrike: boolean } {
  const { both, qualysOnly } = COVERAGE[habitatOf(seed, index)];
  const drawn = share(seed, index, DRAW.sources);
  return { inQualys: drawn < both + qualysOnly, inCrowdstrike: drawn < both || drawn >= both + qualysOnly };
}
