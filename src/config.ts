import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { Failure } from './model/failure.js';
import { readDenyLists } from './system/deny-list-file.js';
import { normalizerHeapMb } from './system/large-heap.js';
import type { DenyLists } from './host/canonical/deny-lists/index.js';
import { HostList } from './network/host-list.js';
import { checkProxies } from './network/proxy.js';
import type { Timings } from './model/timings.js';
import { isTimezone } from './model/timezone.js';

const seconds = (fallback: number) => z.coerce.number().positive().default(fallback);
/** Converts to whole milliseconds, because Temporal accepts no fractions. */
const ms = (seconds: number): number => Math.max(1, Math.round(seconds * 1000));
const list = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter(Boolean));

const hosts = list.superRefine((entries, context) => {
  try {
    return void HostList.of(entries);
  } catch (error) {
    return context.addIssue((error as Error).message);
  }
});

const address = z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port');

/** Every variable that Rollcall itself reads. A source's own file declares the variables of that source. */
const schema = z.object({
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://')
    .default('mongodb://127.0.0.1:27017/?replicaSet=rs0'),
  MONGODB_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,63}$/, 'may hold letters, digits, _ and -')
    .default('rollcall'),
  MONGODB_HOSTS_COLLECTION: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'may hold letters, digits, _ and -')
    .default('hosts'),
  TEMPORAL_ADDRESS: address.default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_TASK_QUEUE: z.string().min(1).default('rollcall'),
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_TLS: z.enum(['true', 'false']).default('false'),
  TEMPORAL_UI: z.string().default('http://127.0.0.1:8233'),
  ROLLCALL_COLLECT: list,
  ROLLCALL_SOURCES: z.string().default(''),
  ROLLCALL_ON_PREMISES: hosts,
  HTTPS_PROXY: z.string().optional(),
  HTTP_PROXY: z.string().optional(),
  NO_PROXY: z.string().optional(),
  ROLLCALL_FRESHNESS_SECONDS: z.coerce.number().nonnegative().optional(),
  ROLLCALL_PATIENCE_SECONDS: seconds(30),
  ROLLCALL_HEARTBEAT_SECONDS: seconds(10),
  ROLLCALL_RETRY_SECONDS: seconds(2),
  ROLLCALL_RETRY_MAX_SECONDS: seconds(30),
  ROLLCALL_MAX_RECORDS: z.coerce.number().int().positive().default(5_000_000),
  ROLLCALL_MAX_QUARANTINED: z.coerce.number().int().positive().default(100_000),
  ROLLCALL_BATCH_RECORDS: z.coerce.number().int().positive().default(10_000),
  ROLLCALL_ROW_SECONDS: seconds(30),
  ROLLCALL_NORMALIZERS: z.coerce.number().int().min(1).max(64).default(2),
  ROLLCALL_NORMALIZER_MB: z.coerce.number().int().min(64, 'must be 64 or more').optional(),
  ROLLCALL_DENY_LISTS: z.string().optional(),
  ROLLCALL_KEY_RING: z.string().optional(),
  LOGINS_POSTGRES_URL: z
    .string()
    .regex(
      // Strict for each part: a URL that is parsed wrongly would show pieces of the password as host or port.
      /^postgres(?:ql)?:\/\/(?:[^\s@/?#]*@)?(?:\[[^\s\]]*\]|[^\s@/?#:]*)(?::\d+)?(?:[/?][^\s@#]*)?$/,
      'must be postgres://user:password@host:port/database, with special characters percent-encoded',
    )
    .optional(),
  ROLLCALL_SHRINK_SHARE: z.coerce.number().min(0).max(1).default(0.2),
  ROLLCALL_LOG_DIR: z.string().default('logs'),
  ROLLCALL_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ROLLCALL_LOG_KEEP_DAYS: z.coerce.number().int().positive().default(30),
  ROLLCALL_TIMEZONE: z
    .string()
    .refine(isTimezone, { error: ({ input }) => `"${String(input)}" is not an IANA time zone, as Europe/Vienna` })
    .default('UTC'),
  ROLLCALL_AUTO_SCHEDULE: z.enum(['true', 'false']).default('true'),
  ROLLCALL_REPORT_DIR: z.string().min(1).default('reports'),
  ROLLCALL_UI_ADDRESS: address.default('127.0.0.1:8300'),
  ROLLCALL_UI_TOKEN: z.string().min(16, 'must have 16 characters or more').optional(),
  ROLLCALL_UI_PROXIES: hosts,
  ROLLCALL_METRICS_ADDRESS: address.optional(),
  ROLLCALL_ALERT_WEBHOOK: z
    .string()
    .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'must be an http(s) URL')
    .optional(),
  ROLLCALL_RAW_KEEP_DAYS: z.coerce.number().int().positive().default(90),
});

/** Every variable with its default, for docs/reference/settings.md. */
export const SETTINGS: readonly { name: string; fallback?: unknown }[] = Object.entries(schema.shape).map(
  ([name, type]) => ({ name, fallback: type.safeParse(undefined).data }),
);

export interface Config {
  /** `mostQuarantined`: maximum number of rows in quarantine for one source. */
  mongodb: { uri: string; database: string; hostsCollection: string; mostQuarantined?: number };
  temporal: { address: string; namespace: string; taskQueue: string; apiKey?: string; tls: boolean; ui: string };
  /** Sources that a run without arguments collects; empty: every source with complete settings. */
  collect: string[];
  /** Further folders with source files. */
  sourceFolders: string[];
  /** Names, addresses and networks inside the organisation to which sources may send requests. */
  onPremises: string[];
  /** Overrides every source's own freshness window, milliseconds. */
  freshnessMs?: number;
  /** How long a vendor may fail without a page before its listing ends as partial, milliseconds. */
  patienceMs: number;
  timings: Timings;
  /** A listing with more records counts as endless and fails. */
  maxRecords: number;
  /** About how many records one fetch activity reads. */
  batchRecords: number;
  /** Time limit for mapping one row, milliseconds. If a row takes longer, the worker ends its thread. */
  rowMs: number;
  /** Threads of a worker that normalize and merge. Twice as many activities share one listing. */
  normalizers: number;
  /** Heap limit of one such thread, MB. A thread that exceeds it ends, and the worker continues. */
  normalizerMb: number;
  /** File of the keys that personal data is masked with; see docs/privacy.md. */
  keyRing?: string;
  /** URL, with the password, of a PostgreSQL database that also gets the logins. */
  loginsPostgres?: string;
  /** Deny lists of this organisation, in addition to the built-in ones. */
  denyLists: DenyLists;
  /** A complete listing that lacks more than this share of a source's records retires none until a user confirms. */
  shrinkShare: number;
  log: { dir: string; level: string; keepDays: number };
  timezone: string;
  /** Whether a worker creates a schedule for each configured source, once. */
  autoSchedule: boolean;
  /** Folder of the reports, which holds one folder a day. */
  reportDir: string;
  /** Address of the web page that shows hosts, the token for visitors from other machines, and trusted proxies. */
  ui: { address: string; token?: string; proxies: string[] };
  /** host:port on which the worker serves health checks and Prometheus metrics; absent: not served. */
  metricsAddress?: string;
  /** URL that is notified when a run fails or does not take place. It may hold a secret. */
  alertWebhook?: string;
  /** Days for which the worker keeps raw pages that no record refers to. */
  rawKeepDays: number;
  /** The environment from which sources read their settings. */
  environment: Record<string, string | undefined>;
}

/**
 * Reads `.env` and the environment, which takes precedence. No other code reads them. Throws `Failure('settings-invalid')` that
 * names each bad variable.
 */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  if (environment === process.env && existsSync('.env')) process.loadEnvFile('.env');
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new Failure('settings-invalid', 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificate checks off', {
      remedy: 'Unset it; give NODE_EXTRA_CA_CERTS the file of a private certificate authority instead',
    });
  }
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Failure('settings-invalid', `Bad settings: ${problems.join('; ')}`, {
      remedy: 'Correct them in .env or the environment (see .env.example)',
    });
  }
  checkProxies(environment);
  const env = parsed.data;
  return {
    mongodb: {
      uri: env.MONGODB_URI,
      database: env.MONGODB_DATABASE,
      hostsCollection: env.MONGODB_HOSTS_COLLECTION,
      mostQuarantined: env.ROLLCALL_MAX_QUARANTINED,
    },
    temporal: {
      address: env.TEMPORAL_ADDRESS,
      namespace: env.TEMPORAL_NAMESPACE,
      taskQueue: env.TEMPORAL_TASK_QUEUE,
      ...(env.TEMPORAL_API_KEY ? { apiKey: env.TEMPORAL_API_KEY } : {}),
      tls: env.TEMPORAL_TLS === 'true' || env.TEMPORAL_API_KEY !== undefined,
      ui: env.TEMPORAL_UI,
    },
    collect: env.ROLLCALL_COLLECT,
    sourceFolders: sourceFoldersOf(env.ROLLCALL_SOURCES),
    onPremises: env.ROLLCALL_ON_PREMISES,
    ...(env.ROLLCALL_FRESHNESS_SECONDS === undefined ? {} : { freshnessMs: env.ROLLCALL_FRESHNESS_SECONDS * 1000 }),
    patienceMs: env.ROLLCALL_PATIENCE_SECONDS * 1000,
    timings: {
      heartbeatMs: ms(env.ROLLCALL_HEARTBEAT_SECONDS),
      retryMs: ms(env.ROLLCALL_RETRY_SECONDS),
      retryMaxMs: ms(Math.max(env.ROLLCALL_RETRY_SECONDS, env.ROLLCALL_RETRY_MAX_SECONDS)),
    },
    maxRecords: env.ROLLCALL_MAX_RECORDS,
    batchRecords: env.ROLLCALL_BATCH_RECORDS,
    rowMs: ms(env.ROLLCALL_ROW_SECONDS),
    normalizers: env.ROLLCALL_NORMALIZERS,
    normalizerMb: env.ROLLCALL_NORMALIZER_MB ?? normalizerHeapMb(env.ROLLCALL_NORMALIZERS),
    denyLists: env.ROLLCALL_DENY_LISTS === undefined ? {} : readDenyLists(env.ROLLCALL_DENY_LISTS),
    ...(env.ROLLCALL_KEY_RING === undefined ? {} : { keyRing: resolve(env.ROLLCALL_KEY_RING) }),
    ...(env.LOGINS_POSTGRES_URL === undefined ? {} : { loginsPostgres: env.LOGINS_POSTGRES_URL }),
    shrinkShare: env.ROLLCALL_SHRINK_SHARE,
    log: { dir: env.ROLLCALL_LOG_DIR, level: env.ROLLCALL_LOG_LEVEL, keepDays: env.ROLLCALL_LOG_KEEP_DAYS },
    timezone: env.ROLLCALL_TIMEZONE,
    autoSchedule: env.ROLLCALL_AUTO_SCHEDULE === 'true',
    reportDir: env.ROLLCALL_REPORT_DIR,
    ui: {
      address: env.ROLLCALL_UI_ADDRESS,
      proxies: env.ROLLCALL_UI_PROXIES,
      ...(env.ROLLCALL_UI_TOKEN === undefined ? {} : { token: env.ROLLCALL_UI_TOKEN }),
    },
    ...(env.ROLLCALL_METRICS_ADDRESS === undefined ? {} : { metricsAddress: env.ROLLCALL_METRICS_ADDRESS }),
    ...(env.ROLLCALL_ALERT_WEBHOOK === undefined ? {} : { alertWebhook: env.ROLLCALL_ALERT_WEBHOOK }),
    rawKeepDays: env.ROLLCALL_RAW_KEEP_DAYS,
    environment,
  };
}

/** Folder to which `sources new` writes, and the default of `ROLLCALL_SOURCES`. */
export const OWN_SOURCES = 'sources';

function sourceFoldersOf(named: string): string[] {
  const folders = named.split(',').map((folder) => folder.trim());
  const wanted = folders.filter(Boolean);
  if (wanted.length > 0) return wanted.map((folder) => resolve(folder));
  return existsSync(OWN_SOURCES) ? [resolve(OWN_SOURCES)] : [];
}
