import { share } from '../random.js';

/** The environment of a machine, which determines the identifiers in its records. */
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

/** Absent texts are empty strings here and in `Machine`, because one object shape makes rendering twice as fast. */
export interface Nic {
  name: string;
  /** Twelve lower-case hexadecimal digits. Each vendor writes them in its own format. */
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
  /** AWS: the private address with dashes. An EC2 name consists of it and of `dnsZone`. */
  dashedIp: string;
  dnsZone: string;
  /** The CrowdStrike sensor cannot read the metadata service, so its record has no instance id. */
  hidden: boolean;
}

export class Machine {
  inQualys = false;
  inCrowdstrike = false;
  /** No Qualys agent: only a scanner or a cloud connector has seen it. */
  agentless = false;
  /** Short hostname, in the machine's own spelling. */
  name = '';
  /** The text after the short name in Qualys and in CrowdStrike (`.corp.example.com`, `.lan`, nothing). */
  suffix = '';
  crowdstrikeSuffix = '';
  windowsDomain = '';
  os: Os = NO_OS;
  /** The first one is the machine's own interface and has its address. */
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

/** The purpose of each random number of a machine. Two numbers with the same purpose would be correlated. */
export const PURPOSE = {
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
  const random = share(seed, index, PURPOSE.habitat);
  for (const [habitat, upTo] of HABITATS) if (random < upTo) return habitat;
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

/** This function must be fast, because listings call it for every index when the fleet changes. */
export function coverageOf(seed: number, index: number): { inQualys: boolean; inCrowdstrike: boolean } {
  const { both, qualysOnly } = COVERAGE[habitatOf(seed, index)];
  const random = share(seed, index, PURPOSE.sources);
  return { inQualys: random < both + qualysOnly, inCrowdstrike: random < both || random >= both + qualysOnly };
}
