import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { openClient, startRun } from '../src/client.js';
import { pythonWithDlt } from './peers/venv.js';
import { usageOf } from './process.js';
import { openBenchStack, PAGE_SIZE, type BenchStack } from './stack.js';

/** One product's load of the same listing. */
interface Load {
  name: string;
  seconds: number;
  cpu_seconds: number;
  rss_mb: number;
  records: number;
}

const SOURCE = 'qualys-demo';
const PATH = '/api/qualys/hosts/get';
const SCRIPT = join(__dirname, '../../bench/peers/dlt_hosts.py');

/**
 * Loads the Qualys records of `hosts` lean hosts with Rollcall and then with dlt, from the same simulator. Returns a table with
 * their ratios, or one line with the reason if dlt is not available.
 */
export async function measurePeers(hosts: number): Promise<string> {
  let python: string;
  try {
    python = await pythonWithDlt();
  } catch (error) {
    return `Peers were left out: ${(error as Error).message}`;
  }
  const stack = await openBenchStack({ hosts, fleet: 'lean' });
  try {
    // The simulator renders its texts with the first page. Request that page here, so that neither load waits for it.
    await fetch(`${stack.simulator.url}${PATH}?skip=0&limit=1`, { method: 'POST', headers: { token: tokenOf(stack) } });
    const ours = await loadWithRollcall(stack);
    const theirs = await loadWithDlt(python, stack, ours.records).catch((error: Error) => error.message);
    return typeof theirs === 'string' ? theirs : tableOf(hosts, ours, theirs);
  } finally {
    await stack.stop();
  }
}

const tokenOf = ({ simulator }: BenchStack): string => simulator.environment['QUALYS_DEMO_TOKEN']!;

async function loadWithRollcall({ config, worker }: BenchStack): Promise<Load> {
  const client = await openClient(config.temporal);
  try {
    // The worker starts and compiles its code before the measurement, as dlt finishes its imports before its measurement.
    const warm = await startRun(client, config.temporal, { sources: [], only: 'merge' });
    await warm.handle.result();
    const before = await usageOf(worker.pid!);
    const { handle } = await startRun(client, config.temporal, { sources: [SOURCE], force: true });
    const { status, seconds, sources } = await handle.result();
    const { cpu, peakMb } = await usageOf(worker.pid!);
    if (status !== 'completed') throw new Error(`the run ended ${status}: ${JSON.stringify(sources)}`);
    const records = sources[SOURCE]!.records;
    return { name: 'Rollcall into MongoDB', seconds, cpu_seconds: cpu - before.cpu, rss_mb: peakMb, records };
  } finally {
    await client.connection.close();
  }
}

async function loadWithDlt(python: string, stack: BenchStack, records: number): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-peers-'));
  const { url } = stack.simulator;
  const work = { url, path: PATH, token: tokenOf(stack), page_size: PAGE_SIZE.lean, records, folder };
  try {
    const { stdout } = await promisify(execFile)(python, [SCRIPT], {
      env: { ...process.env, PEERS_WORK: JSON.stringify(work) },
      maxBuffer: 1 << 24,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Load;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    const why = (stderr.trim() || message).split('\n').at(-1)!;
    throw new Error(`dlt did not finish: ${why.slice(0, 300)}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tableOf(hosts: number, ours: Load, theirs: Load): string {
  const table = new Table({ head: ['', 'records', 'wall s', 'CPU s', 'peak RSS MB'], style: { head: [], border: [] } });
  for (const { name, records, seconds, cpu_seconds, rss_mb } of [ours, theirs]) {
    table.push([name, records, seconds.toFixed(1), cpu_seconds.toFixed(1), Math.round(rss_mb)]);
  }
  const times = (of: (load: Load) => number): string => `${(of(theirs) / of(ours)).toFixed(2)} ×`;
  table.push([
    'dlt to Rollcall',
    theirs.records === ours.records ? 'all' : 'not the same',
    times((load) => load.seconds),
    times((load) => load.cpu_seconds),
    times((load) => load.rss_mb),
  ]);
  return (
    `The Qualys records of ${hosts} lean hosts in pages of ${PAGE_SIZE.lean}, one product after the other; CPU and memory ` +
    `are the worker's, without mongod and Temporal, and those of dlt's process, DuckDB included.\n${table.toString()}`
  );
}
