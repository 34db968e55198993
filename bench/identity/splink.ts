import { execFile } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { promisify } from 'node:util';
import { shortName } from '../../src/host/canonical/index.js';
import type { HostRecord } from '../../src/host/types.js';
import { measure, type Quality } from './metrics.js';
import { pythonWith } from './venv.js';

const PINNED = ['splink==4.0.17', 'duckdb==1.5.6'];
const SCRIPT = join(__dirname, '../../../bench/identity/splink_hosts.py');
const THRESHOLDS = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999];
/** Values in more records than this are ignored, because blocking on them would compare all records with each other. */
const MOST_HOLDERS = 24;

export interface SplinkMeasured {
  threshold: number;
  quality: Quality;
  seconds: number;
  rss_mb: number;
}

/**
 * Measures Splink 4 on the same records with the same canonical values, without placeholders and popular values. Returns the best
 * of eight thresholds, chosen with the truth. Throws an `Error` with the reason when Splink is not available.
 */
export async function measureSplink(records: readonly HostRecord[], machineOf: Int32Array): Promise<SplinkMeasured> {
  const python = await pythonWith('peers-splink-4.0.17', PINNED);
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-splink-'));
  try {
    const file = join(folder, 'records.jsonl');
    await writeRows(file, records);
    const work = { records: file, folder, thresholds: THRESHOLDS, seed: 1, threads: 2 };
    const result = await link(python, work);
    const measured = result.files.map((name, at) => ({
      threshold: THRESHOLDS[at]!,
      quality: measure(numbersIn(name), machineOf),
      seconds: result.seconds,
      rss_mb: Math.round(result.rss_mb),
    }));
    return measured.reduce((best, one) => (one.quality.pair_f1 > best.quality.pair_f1 ? one : best));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function link(python: string, work: object): Promise<{ seconds: number; rss_mb: number; files: string[] }> {
  try {
    const environment = { ...process.env, SPLINK_WORK: JSON.stringify(work) };
    const { stdout } = await promisify(execFile)(python, [SCRIPT], { env: environment, maxBuffer: 1 << 24 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as { seconds: number; rss_mb: number; files: string[] };
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const why = (stderr.trim() || message).split('\n').at(-1)!;
    throw new Error(`it did not finish: ${why.slice(0, 300)}`, { cause: error });
  }
}

function numbersIn(file: string): Int32Array {
  const bytes = readFileSync(file);
  return Int32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readInt32LE(at * 4));
}

/** One row per record, with the canonical values of its keys. */
async function writeRows(file: string, records: readonly HostRecord[]): Promise<void> {
  const popular = popularKeys(records);
  const out = createWriteStream(file);
  for (let at = 0; at < records.length; at++) {
    const { keys, observation } = records[at]!;
    const { device } = observation;
    const all = (kind: string): string[] => keys.filter((key) => key.startsWith(`${kind}:`) && !popular.has(key));
    const row = {
      unique_id: at,
      name: device.hostname === undefined ? null : shortName(device.hostname),
      fqdn: device.hostname?.includes('.') ? device.hostname : null,
      ip: device.ip ?? null,
      external: observation.external_ips[0] ?? null,
      serial: all('serial')[0] ?? null,
      uuid: all('uuid')[0] ?? null,
      cloud: all('cloud')[0] ?? null,
      agent: all('agent')[0] ?? null,
      os: device.os?.type ?? null,
      manufacturer: device.vendor_name ?? null,
      macs: all('mac'),
    };
    if (popular.has(`\n${row.name}`)) row.name = null;
    if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

/** Keys, and names after a line break, that more records have than one machine can have. */
function popularKeys(records: readonly HostRecord[]): Set<string> {
  const holders = new Map<string, number>();
  const count = (key: string): void => void holders.set(key, (holders.get(key) ?? 0) + 1);
  for (const { keys, observation } of records) {
    for (const key of keys) count(key);
    if (observation.device.hostname !== undefined) count(`\n${shortName(observation.device.hostname)}`);
  }
  return new Set([...holders].flatMap(([key, total]) => (total > MOST_HOLDERS ? key : [])));
}
