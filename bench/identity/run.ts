import { resolveAll } from '../../src/host/identity/resolve.js';
import { byAnyKey, byKey } from './baselines.js';
import { Collector, type Collected } from './collect.js';
import { errorsOf } from './errors.js';
import { fleet } from './fleet/fleet.js';
import type { Rates } from './fleet/rates.js';
import { readGiven } from './given.js';
import { measureMerging, mergingTable } from './merging.js';
import { measure } from './metrics.js';
import { deriveKeys, partition } from './model.js';
import { printProblems, tableOf, textOf } from './print.js';
import { shuffled } from './shuffle.js';
import { measureSplink } from './splink.js';
import { writeFleet } from './write.js';

export interface Run {
  seed: number;
  records?: string;
  truth?: string;
  write?: string;
  baselines?: boolean;
  errors?: number;
  shuffle?: number;
  merging?: boolean;
  json?: boolean;
}

/** Runs the whole benchmark on one fleet. Returns the exit code: 1 when a shuffled order gives another result. */
export async function runFleet(hosts: number, rates: Rates, run: Run): Promise<number> {
  const print = (text: string): void => void (run.json || process.stdout.write(`${text}\n`));
  if (run.write !== undefined && run.records === undefined) {
    print(`${await writeFleet(run.write, fleet(run.seed, hosts, rates))} records written to ${run.write}`);
    return 0;
  }
  if (run.merging) {
    const figures = await measureMerging(hosts, run.seed, rates);
    process.stdout.write(`${run.json ? JSON.stringify(figures) : mergingTable(figures)}\n`);
    return 0;
  }
  const keep = { pitfalls: run.errors !== undefined, naive: run.baselines === true };
  const collected = await collect(hosts, rates, run, keep);
  const { records, machineOf } = collected;

  const started = process.hrtime.bigint();
  deriveKeys(records);
  const keysDerived = process.hrtime.bigint();
  const resolution = resolveAll(records);
  const seconds = {
    keys: Number(keysDerived - started) / 1e9,
    resolve: Number(process.hrtime.bigint() - keysDerived) / 1e9,
  };
  const rss_mb = Math.round(process.resourceUsage().maxRSS / 1_024);
  const hostOf = partition(records, resolution);
  const quality = measure(hostOf, machineOf);
  const records_per_second = Math.round(records.length / (seconds.keys + seconds.resolve));

  if (run.json) process.stdout.write(`${JSON.stringify({ ...quality, records_per_second, rss_mb })}\n`);
  print(tableOf([['model', quality]]));
  print(
    `parse and map ${collected.parse_seconds.toFixed(1)} s; keys ${seconds.keys.toFixed(1)} s, resolve ` +
      `${seconds.resolve.toFixed(1)} s: ${records_per_second} records/s; ${rss_mb} MB`,
  );
  if (run.baselines && !run.json) await printBaselines(collected, print);
  if (run.errors !== undefined) print(textOf(errorsOf(collected, hostOf, resolution), run.errors));
  if (run.shuffle === undefined) return 0;
  const different = shuffled(records, resolution, run.shuffle, run.seed);
  print(
    `${run.shuffle} random orders of the records: ${different === 0 ? 'identical clusters and ids' : `${different} differ`}`,
  );
  return different === 0 ? 0 : 1;
}

async function printBaselines({ records, machineOf, naive }: Collected, print: (text: string) => void): Promise<void> {
  print(
    tableOf([
      ['hostname + external address', measure(byKey(naive), machineOf)],
      ['any shared key', measure(byAnyKey(records), machineOf)],
    ]),
  );
  try {
    const { threshold, quality, seconds, rss_mb } = await measureSplink(records, machineOf);
    print(tableOf([[`Splink, threshold ${threshold}`, quality]]));
    print(`Splink: ${seconds.toFixed(1)} s with one threshold; ${rss_mb} MB`);
  } catch (error) {
    print(`Splink was left out: ${(error as Error).message}`);
  }
}

async function collect(
  hosts: number,
  rates: Rates,
  run: Run,
  keep: { pitfalls: boolean; naive: boolean },
): Promise<Collected> {
  if (run.records !== undefined && run.truth !== undefined) {
    const { problems, ...collected } = await readGiven(run.records, run.truth, keep);
    printProblems(problems);
    return collected;
  }
  const collector = new Collector(keep);
  for (const { source, machine, raw, pitfalls } of fleet(run.seed, hosts, rates)) {
    collector.add(
      source,
      JSON.stringify(raw),
      () => machine,
      () => pitfalls,
    );
  }
  return collector.collected();
}
