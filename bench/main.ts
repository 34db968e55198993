import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { measureLatency, measureLoad, type Measured } from './load.js';
import { eventsText, measureEvents } from './events.js';
import { addToHistory } from './history.js';
import { ratio } from './figures.js';
import { loginsText, measureLogins } from './logins.js';
import { measurePeers } from './peers.js';
import { measureSearch, searchText } from './search.js';
import type { Fleet } from './stack.js';
import { measureWorkers, workersText } from './workers.js';

interface Options {
  hosts?: number;
  fleet?: Fleet;
  json?: boolean;
  peers?: boolean;
  latency: boolean;
  events?: number;
  logins?: number;
  search?: number;
  workers?: number;
  history?: boolean;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above zero');
  return value;
}

const program = new Command('bench')
  .description('measure loads and their ratios to a bare script, in one run on this machine')
  .option('--hosts <n>', 'this size only (default: 10,000 and 100,000)', count)
  .addOption(new Option('--fleet <fleet>', 'this fleet only').choices(['lean', 'fat']))
  .option('--no-latency', 'skip the run with 50 ms per request')
  .option('--peers', 'also run dlt on the same pages, if Python is available')
  .option('--events <n>', 'measure a log of this many events instead of hosts', count)
  .option('--logins <n>', 'measure a queue of this many login events instead of hosts', count)
  .option('--search <n>', 'measure searches among this many hosts, letter by letter as a user types', count)
  .option('--workers <n>', 'measure this many hosts with 1, 2 and 4 workers, and each vendor alone', count)
  .option(
    '--history',
    'keep the ratios of the loads in bench/history.jsonl and docs/benchmarks.md; exit with 1 if one is worse',
  )
  .option('--json', 'print an array of measurements as the last line');

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const others = await measureOthers(options);
  if (others.length > 0) {
    if (options.json) process.stdout.write(`${JSON.stringify(others)}\n`);
    return;
  }
  const fleets: Fleet[] = options.fleet ? [options.fleet] : ['lean', 'fat'];
  const sizes = options.hosts ? [options.hosts] : [10_000, 100_000];
  const measured: Measured[] = [];
  for (const fleet of fleets) {
    for (const hosts of sizes) {
      process.stderr.write(`Measuring ${hosts} ${fleet} hosts …\n`);
      measured.push(await measureLoad(fleet, hosts));
    }
  }
  if (!options.json) process.stdout.write(`${tableOf(measured)}\n${compareSizes(measured)}`);
  if (options.latency && !options.fleet && !options.json) {
    const { hosts, latency_ms, plain_seconds, latency_seconds } = await measureLatency(10_000, 50);
    process.stdout.write(
      `${hosts} lean hosts in pages of 100 with ${latency_ms} ms a request: ${latency_seconds.toFixed(1)} s against ${plain_seconds.toFixed(1)} s, ${ratio(latency_seconds / plain_seconds, 2)}\n`,
    );
  }
  if (options.peers) process.stdout.write(`${await measurePeers(sizes.at(-1)!)}\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(measured)}\n`);
  if (!options.history) return;
  const slower = addToHistory(measured);
  for (const message of slower) process.stderr.write(`Worse than before: ${message}\n`);
  if (slower.length > 0) process.exitCode = 1;
}

/** The benchmark to run instead of loads of hosts, if the command line names one. */
async function measureOthers({ events, logins, search, workers }: Options): Promise<unknown[]> {
  const measured: unknown[] = [];
  const add = <T>(figures: T, text: (figures: T) => string) => {
    process.stdout.write(`${text(figures)}\n`);
    measured.push(figures);
  };
  if (events) add(await measureEvents(events), eventsText);
  if (logins) add(await measureLogins(logins), loginsText);
  if (search) add(await measureSearch(search), searchText);
  if (workers) add(await measureWorkers(workers), workersText);
  return measured;
}

function tableOf(measured: Measured[]): string {
  const table = new Table({
    head: [
      'fleet',
      'hosts',
      'floor s',
      'first s',
      'first / floor',
      'unchanged / first',
      'CPU s',
      'RSS MB',
      'requests',
      'events / 100 hosts',
      'writes when unchanged',
    ],
    style: { head: [], border: [] },
  });
  for (const row of measured) {
    table.push([
      row.fleet,
      row.hosts,
      row.floor_seconds.toFixed(1),
      row.first_seconds.toFixed(1),
      ratio(row.first_seconds / row.floor_seconds, row.fleet === 'lean' ? 1.7 : 0.9),
      ratio(row.unchanged_seconds / row.first_seconds, 0.5),
      row.cpu_seconds.toFixed(1),
      `${row.rss_mb} (${row.rss_mb <= 480 ? 'met' : 'missed'}: ≤ 480)`,
      row.requests,
      ratio((100 * row.temporal_events) / row.hosts, 1),
      `${row.unchanged_writes} (${row.unchanged_writes === 0 ? 'met' : 'missed'}: 0)`,
    ]);
  }
  return table.toString();
}

/** Checks that memory and cost per host do not grow with size: compares the largest fleet with the smallest. */
function compareSizes(measured: Measured[]): string {
  let text = '';
  for (const fleet of ['lean', 'fat'] as const) {
    const rows = measured.filter((row) => row.fleet === fleet);
    const [small, large] = [rows[0], rows.at(-1)];
    if (!small || !large || small === large) continue;
    const cost = large.cpu_seconds / large.hosts / (small.cpu_seconds / small.hosts);
    text += `${fleet}: memory at ${large.hosts} hosts against ${small.hosts}: ${ratio(large.rss_mb / small.rss_mb, 1.2)}; CPU a host: ${ratio(cost, 1.15)}\n`;
  }
  return text;
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = 1;
});
