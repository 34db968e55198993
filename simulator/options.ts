import { parseArgs } from 'node:util';
import { DEFAULT_CREDENTIALS, type Credentials } from './credentials.js';
import { parseFaults, type Fault } from './faults/fault.js';
import type { FleetSize } from './fleet.js';

export interface SimulatorOptions {
  /** 0: any free port. */
  port?: number;
  /** Port of the second region; 0: any free port. */
  regionPort?: number;
  /** Machines in the fleet; about 89 % of them are in Qualys, 84 % in CrowdStrike, 73 % in both. */
  hosts?: number;
  seed?: number;
  fleet?: FleetSize;
  /** The fleet's current time, ISO 8601: the vendors have seen machines until then. Default: a fixed day in 2026. */
  now?: string;
  /** Folder with recorded records. The simulator serves them instead of a fleet. */
  records?: string;
  /** Delay of each response, milliseconds. */
  latency?: number;
  /** Largest page size of the take-home style API, records (2 in the original). */
  maxPage?: number;
  /** Seconds for which a CrowdStrike token is valid. */
  tokenLifetime?: number;
  faults?: Fault[];
  credentials?: Partial<Credentials>;
}

const NUMBERS = {
  port: 'port',
  'region-port': 'regionPort',
  hosts: 'hosts',
  seed: 'seed',
  latency: 'latency',
  'max-page': 'maxPage',
  'token-lifetime': 'tokenLifetime',
} as const;

const CREDENTIALS = {
  'demo-token': 'demoToken',
  'qualys-user': 'qualysUser',
  'qualys-password': 'qualysPassword',
  'client-id': 'clientId',
  'client-secret': 'clientSecret',
} as const;

const FLAGS = [...Object.keys(NUMBERS), ...Object.keys(CREDENTIALS), 'fleet', 'now', 'records', 'faults'];

/** Reads command line flags. Throws an error that names the mistake. */
export function parseFlags(args: string[]): SimulatorOptions {
  const options = Object.fromEntries(FLAGS.map((flag) => [flag, { type: 'string' as const }]));
  const values = parseArgs({ args, options }).values as Record<string, string | undefined>;
  const parsed: SimulatorOptions = {};
  for (const [flag, key] of Object.entries(NUMBERS)) {
    const value = values[flag];
    if (value === undefined) continue;
    if (!/^\d{1,10}$/.test(value)) throw new Error(`--${flag} must be a whole number, not ${value}`);
    parsed[key] = Number(value);
  }
  const { fleet, now, records, faults } = values;
  if (fleet !== undefined) {
    if (fleet !== 'lean' && fleet !== 'fat') throw new Error(`--fleet must be lean or fat, not ${fleet}`);
    parsed.fleet = fleet;
  }
  if (now !== undefined) {
    if (Number.isNaN(Date.parse(now))) throw new Error(`--now must be a time such as 2026-03-02T08:00:00Z, not ${now}`);
    parsed.now = now;
  }
  if (records !== undefined) parsed.records = records;
  if (faults !== undefined) parsed.faults = parseFaults(JSON.parse(faults));
  const credentials: Partial<Credentials> = {};
  for (const [flag, key] of Object.entries(CREDENTIALS))
    if (values[flag] !== undefined) credentials[key] = values[flag];
  return { ...parsed, credentials };
}

/** Returns the flags from which `parseFlags` reads these options. */
export function toFlags(options: SimulatorOptions): string[] {
  const flags: string[] = [];
  const add = (flag: string, value: string | number | undefined): void => {
    if (value !== undefined) flags.push(`--${flag}`, String(value));
  };
  for (const [flag, key] of Object.entries(NUMBERS)) add(flag, options[key]);
  for (const [flag, key] of Object.entries(CREDENTIALS)) add(flag, options.credentials?.[key]);
  add('fleet', options.fleet);
  add('now', options.now);
  add('records', options.records);
  if (options.faults) add('faults', JSON.stringify(options.faults));
  return flags;
}

export function withDefaults(options: SimulatorOptions) {
  return {
    port: 0,
    regionPort: 0,
    hosts: 1000,
    seed: 1,
    fleet: 'lean' as FleetSize,
    latency: 0,
    maxPage: 1000,
    tokenLifetime: 1799,
    faults: [],
    ...options,
    credentials: { ...DEFAULT_CREDENTIALS, ...options.credentials },
  };
}

export type Settings = ReturnType<typeof withDefaults>;
