import Table from 'cli-table3';
import { byAnyKey, byKey } from './baselines.js';
import { Collector, type Collected } from './collect.js';
import { errorsOf, type Errors } from './errors.js';
import { fleet } from './fleet/fleet.js';
import type { Rates } from './fleet/rates.js';
import { readGiven, type Trouble } from './given.js';
import { measure, type Quality } from './metrics.js';
import { claim, partition, resolveRecords } from './model.js';
import { shuffled } from './shuffle.js';
import { writeFleet } from './write.js';

export interface Run {
  seed: number;
  records?: string;
  truth?: string;
  write?: string;
  baselines?: boolean;
  errors?: number;
  shuffle?: number;
  json?: boolean;
}

/** Everything that the program does with one fleet. Gives the exit code: 1 where shuffled arrivals differ. */
export async function runFleet(hosts: number, rates: Rates, run: Run): Promise<number> {
  const say = (text: string): void => void (run.json || process.stdout.write(`${text}\n`));
  if (run.write !== undefined && run.records === undefined) {
    say(`${await writeFleet(run.write, fleet(run.seed, hosts, rates))} records written to ${run.write}`);
    return 0;
  }
  const keep = { pitfalls: run.errors !== undefined, naive: run.baselines === true };
  const collected = await collect(hosts, rates, run, keep);
  const { records, machineOf } = collected;

  const started = process.hrtime.bigint();
  claim(records);
  const claimed = process.hrtime.bigint();
  const resolved = resolveRecords(records);
  const seconds = { keys: Number(claimed - started) / 1e9, resolve: Number(process.hrtime.bigint() - claimed) / 1e9 };
  const rss_mb = Math.round(process.resourceUsage().maxRSS / 1_024);
  const hostOf = partition(records, resolved);
  const quality = measure(hostOf, machineOf);
  const records_per_second = Math.round(records.length / (seconds.keys + seconds.resolve));

  if (run.json) process.stdout.write(`${JSON.stringify({ ...quality, records_per_second, rss_mb })}\n`);
  say(tableOf([['model', quality]]));
  say(
    `parse and map ${collected.parse_seconds.toFixed(1)} s; keys ${seconds.keys.toFixed(1)} s, resolve ` +
      `${seconds.resolve.toFixed(1)} s: ${records_per_second} records/s; ${rss_mb} MB`,
  );
  if (run.baselines) {
    say(
      tableOf([
        ['hostname + external address', measure(byKey(collected.naive), machineOf)],
        ['any shared key', measure(byAnyKey(records), machineOf)],
      ]),
    );
  }
  if (run.errors !== undefined) say(textOf(errorsOf(collected, hostOf, resolved), run.errors));
  if (run.shuffle === undefined) return 0;
  const different = shuffled(records, resolved, run.shuffle, run.seed);
  say(`${run.shuffle} shuffled arrivals: ${different === 0 ? 'identical clusters and ids' : `${different} differ`}`);
  return different === 0 ? 0 : 1;
}

async function collect(
  hosts: number,
  rates: Rates,
  run: Run,
  keep: { pitfalls: boolean; naive: boolean },
): Promise<Collected> {
  if (run.records !== undefined && run.truth !== undefined) {
    const { trouble, ...collected } = await readGiven(run.records, run.truth, keep);
    complain(trouble);
    return collected;
  }
  const collector = new Collector(keep);
  for (const { source, machine, raw, pitfalls } of fleet(run.seed, hosts, rates)) {
    const tags = keep.pitfalls ? `@${/\d+/.exec(machine)![0]} ${pitfalls.join(' ')}` : '';
    collector.add(source, JSON.stringify(raw), () => machine, tags);
  }
  return collector.collected();
}

function complain({ bad_lines, examples, unknown, missing, repeated }: Trouble): void {
  const lines = [
    ...(bad_lines ? [`${bad_lines} bad lines were skipped:`, ...examples.map((line) => `  ${line}`)] : []),
    ...(repeated ? [`${repeated} records came again under the same id and were left out`] : []),
    ...(unknown ? [`${unknown} records are not in the truth: they take part and are not measured`] : []),
    ...(missing ? [`${missing} rows of the truth have no record`] : []),
  ];
  for (const line of lines) process.stderr.write(`${line}\n`);
}

function tableOf(rows: readonly (readonly [string, Quality])[]): string {
  const head = [
    '',
    'records',
    'machines',
    'hosts',
    'precision',
    'recall',
    'F1',
    'B³ F1',
    'over-merged',
    'split',
    'largest',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  const exact = (value: number): string => value.toFixed(5);
  for (const [name, q] of rows) {
    const shares = [q.pair_precision, q.pair_recall, q.pair_f1, q.b3_f1].map(exact);
    table.push([name, q.records, q.machines, q.hosts, ...shares, q.over_merged, q.split, q.largest]);
  }
  return table.toString();
}

function textOf(errors: Errors, most: number): string {
  const list = (kinds: Errors['wrong']): string[] =>
    kinds
      .slice(0, most)
      .map(({ what, pairs, example }) => `${String(pairs).padStart(8)}  ${what}\n          ${example}`);
  return [
    `${errors.wrong_pairs} wrong pairs:`,
    ...list(errors.wrong),
    `${errors.missed_pairs} missed pairs: ${errors.missed_without_key} without a key in common, ` +
      `${errors.missed_ambiguous} with only keys that another machine holds as well:`,
    ...list(errors.missed),
  ].join('\n');
}
