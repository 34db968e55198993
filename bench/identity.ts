import { spawnSync } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';
import { hasLargeHeapFlags, largeHeapFlags } from '../src/system/large-heap.js';
import { rateOf, readRates, ratesWith, type Rates } from './identity/fleet/rates.js';
import { runFleet, type Run } from './identity/run.js';

interface Options extends Run {
  hosts?: number[];
  rates?: string;
  rate?: [string, number][];
}

const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`a whole number from ${least}`);
    return value;
  };

function listed<T>(read: (text: string) => T) {
  return (text: string, before: T[] = []): T[] => {
    try {
      return [...before, ...text.split(',').map(read)];
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

const program = new Command('identity')
  .description(
    'measure how correctly records are resolved to machines: generated fleets with known truth, or given records',
  )
  .option('--hosts <n>', 'machines of a fleet; several sizes separated by commas (default: 10000)', listed(whole(1)))
  .option('--seed <n>', 'another fleet of the same kind', whole(0), 1)
  .option('--rates <file>', 'JSON object of rates that differ from the declared ones')
  .option('--rate <name=value>', 'one such rate; may be repeated', listed(rateOf))
  .option('--records <folder>', 'given records: qualys.jsonl, crowdstrike.jsonl, tenable.jsonl')
  .option('--truth <file>', 'their machines: lines of source:native id TAB machine')
  .option('--write <folder>', 'write the fleet in the format of --records and --truth, and do nothing else')
  .option('--baselines', 'also measure the naive key, any shared key and, if Python is available, Splink')
  .option('--errors <n>', 'the most frequent kinds of wrong and missed pairs', whole(1))
  .option('--shuffle <k>', 'resolve the records in this many shuffled orders and compare clusters and ids', whole(1))
  .option('--merging', 'merge the fleet into a mongod instead: all of it, then 1 % and 100 % changed')
  .option('--json', 'print one JSON object per fleet and nothing else');

async function main(): Promise<number> {
  const options = program.parse().opts<Options>();
  if ((options.records === undefined) !== (options.truth === undefined)) {
    program.error('error: --records and --truth go together');
  }
  const rates: Rates = ratesWith({
    ...(options.rates === undefined ? {} : readRates(options.rates)),
    ...Object.fromEntries(options.rate ?? []),
  });
  const sizes = options.records === undefined ? (options.hosts ?? [10_000]) : [0];
  if (sizes.length === 1 && hasLargeHeapFlags()) return runFleet(sizes[0]!, rates, options);
  // Each fleet runs in a separate process, because its memory is measured and a million machines need more than the default heap.
  for (const hosts of sizes) {
    const { status } = spawnSync(
      process.execPath,
      [...process.execArgv, ...largeHeapFlags(), __filename, ...withHosts(process.argv.slice(2), hosts)],
      { stdio: 'inherit' },
    );
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

/** Returns the same arguments for one size. */
function withHosts(args: readonly string[], hosts: number): string[] {
  const kept = args.filter((arg, at) => !/^--hosts\b/.test(arg) && args[at - 1] !== '--hosts');
  return hosts === 0 ? kept : [...kept, '--hosts', String(hosts)];
}

main().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    process.stderr.write(`${(error as Error).stack}\n`);
    process.exitCode = 1;
  },
);
