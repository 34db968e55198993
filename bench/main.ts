import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { measureLatency, measureLoad, type Measured } from './load.js';
import { measureEvents, type MeasuredEvents } from './events.js';
import { measureLogins, type MeasuredLogins } from './logins.js';
import { measurePeers } from './peers.js';
import type { Fleet } from './stack.js';

interface Options {
  hosts?: number;
  fleet?: Fleet;
  json?: boolean;
  peers?: boolean;
  latency: boolean;
  events?: number;
  logins?: number;
}

const ratio = (value: number, target: number): string =>
  `${value.toFixed(2)} × (${value <= target ? 'held' : 'missed'}: ≤ ${target})`;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above zero');
  return value;
}

const program = new Command('bench')
  .description('loads and their ratios to a bare script, from one run on this machine')
  .option('--hosts <n>', 'this size only (default: 10,000 and 100,000)', count)
  .addOption(new Option('--fleet <fleet>', 'this fleet only').choices(['lean', 'fat']))
  .option('--no-latency', 'leave out the run with 50 ms a request')
  .option('--peers', 'run dlt on the same pages, when Python is there')
  .option('--events <n>', 'a log of so many events instead of hosts', count)
  .option('--logins <n>', 'a queue of so many login events instead of hosts', count)
  .option('--json', 'print an array of measurements as the last line');

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  if (options.events || options.logins) {
    const events = options.events ? await measureEvents(options.events) : undefined;
    const logins = options.logins ? await measureLogins(options.logins) : undefined;
    if (events) process.stdout.write(`${eventsText(events)}\n`);
    if (logins) process.stdout.write(`${loginsText(logins)}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify([events, logins].filter(Boolean))}\n`);
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
}

/** How much of the bare script's speed is reached. */
const share = (floor: number, seconds: number, target: number): string =>
  `${((100 * floor) / seconds).toFixed(0)} % of its speed (${floor / seconds >= target ? 'held' : 'missed'}: ≥ ${100 * target})`;

const most = (value: number, target: number): string =>
  `${value} (${value <= target ? 'held' : 'missed'}: ≤ ${target})`;

function eventsText({
  events,
  floor_seconds,
  seconds,
  unchanged_seconds,
  cpu_seconds,
  rss_mb,
}: MeasuredEvents): string {
  return [
    `${events} events: ${seconds.toFixed(1)} s, ${Math.round(events / seconds)}/s, ${share(floor_seconds, seconds, 0.6)}`,
    `  bare script ${floor_seconds.toFixed(1)} s, ${Math.round(events / floor_seconds)}/s; CPU ${cpu_seconds.toFixed(1)} s`,
    `  nothing new: ${unchanged_seconds.toFixed(1)} s (${unchanged_seconds <= 2 ? 'held' : 'missed'}: ≤ 2); RSS MB ${most(rss_mb, 256)}`,
  ].join('\n');
}

function loginsText({ messages, floor_seconds, seconds, cpu_seconds, rss_mb }: MeasuredLogins): string {
  return [
    `${messages} login messages: ${seconds.toFixed(1)} s, ${Math.round(messages / seconds)}/s, ${share(floor_seconds, seconds, 0.75)}`,
    `  bare script ${floor_seconds.toFixed(1)} s, ${Math.round(messages / floor_seconds)}/s; CPU ${cpu_seconds.toFixed(1)} s; RSS MB ${rss_mb}`,
  ].join('\n');
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
      ratio(row.first_seconds / row.floor_seconds, row.fleet === 'lean' ? 2 : 1.2),
      ratio(row.unchanged_seconds / row.first_seconds, 0.5),
      row.cpu_seconds.toFixed(1),
      `${row.rss_mb} (${row.rss_mb <= 400 ? 'held' : 'missed'}: ≤ 400)`,
      row.requests,
      ratio((100 * row.temporal_events) / row.hosts, 1),
      `${row.unchanged_writes} (${row.unchanged_writes === 0 ? 'held' : 'missed'}: 0)`,
    ]);
  }
  return table.toString();
}

/** Flat in the size: memory and cost a host, the largest fleet against the smallest. */
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
