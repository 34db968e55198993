import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { loadConfig } from '../../config.js';
import { Failure } from '../../model/failure.js';
import { prettyLines } from '../../log/pretty.js';
import { LEVELS, LogReader, type LogFilter } from '../../log/read.js';
import { coloured } from '../../format/colours.js';
import { since } from '../shared/since.js';

interface Options extends LogFilter {
  follow?: boolean;
  json?: boolean;
}

const DAY_MS = 86_400_000;
const POLL_MS = 300;

export const logsCommand = new Command('logs')
  .description('what workers have logged into the log folder of this machine: the last day, or the given time')
  .option('--run <id>', 'lines of a run, by its id or the beginning of it')
  .option('--source <name>', 'lines of one source')
  .addOption(new Option('--level <level>', 'lines of this level and above').choices(LEVELS))
  .option(
    '--since <time>',
    'lines from then on: 30m, 1h, 2d, or a date (default: 1d; with --run, since it began)',
    since,
  )
  .option('--follow', 'print new lines until Ctrl-C')
  .option('--json', 'the lines as they are in the files, one JSON object each')
  .addHelpText(
    'after',
    '\nTimes are UTC.\n\nExamples:\n  npm run rollcall -- logs --level warn --since 12h' +
      '\n  npm run rollcall -- logs --run 20261121031500 --source qualys\n  npm run rollcall -- logs --follow',
  )
  .action(async ({ follow, json, ...filters }: Options) => {
    const { dir } = loadConfig().log;
    if (!existsSync(dir) && !follow)
      throw new Failure('settings-invalid', `There is no log folder ${dir}`, {
        remedy: 'Start a worker, or set ROLLCALL_LOG_DIR to the folder that it writes to',
      });
    const reader = new LogReader(dir, { ...filters, since: filters.since ?? startOf(filters.run) });
    const show = json ? (line: string) => `${line}\n` : prettyLines({ colour: coloured, date: !follow });
    let shown = 0;
    for (;;) {
      for await (const line of reader.next()) {
        shown += 1;
        if (!process.stdout.write(show(line))) await new Promise((resolve) => process.stdout.once('drain', resolve));
      }
      if (!follow) break;
      await sleep(POLL_MS);
    }
    if (shown === 0) process.stderr.write(`No lines in ${dir} match\n`);
  });

/** A run's id begins with its day: older entries cannot belong to it. */
function startOf(run: string | undefined): Date {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})/.exec(run ?? '') ?? [];
  const began = day ? Date.parse(`${year}-${month}-${day}`) : Number.NaN;
  if (!Number.isNaN(began)) return new Date(began);
  return new Date(run === undefined ? Date.now() - DAY_MS : 0);
}
