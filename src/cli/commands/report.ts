import { number } from '../../format/number.js';
import { Command, InvalidArgumentError } from 'commander';
import { relative } from 'node:path';
import { loadConfig } from '../../config.js';
import { writeReport, type WrittenReport } from '../../report/report.js';
import { FORMATS, type Format } from '../../report/formats.js';
import { colours as pc } from '../../format/colours.js';
import { withStore } from '../shared/with-store.js';

interface Options {
  out?: string;
  asOf?: { asOf: Date; day?: string };
  days: number;
  format: Format[];
  json?: boolean;
}

export const reportCommand = new Command('report')
  .description('write the report of the inventory: a page, its charts, lists of hosts that need action, every number')
  .option(
    '--out <dir>',
    'the folder of reports (ROLLCALL_REPORT_DIR, else reports); this one goes into a folder of its day',
  )
  .option(
    '--as-of <date>',
    'count ages from here: 2026-03-02 (its end, UTC) or 2026-03-02T08:00:00Z; now without it',
    moment,
  )
  .option(
    '--days <number>',
    'hosts not seen for this many days are old; hosts first seen within this many days are new',
    wholeDays,
    30,
  )
  .option('--format <names>', `some of ${FORMATS.join(',')}`, formats, [...FORMATS])
  .option('--json', 'print what was written as one JSON object')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- report\n  npm run rollcall -- report --as-of 2026-03-02 --days 14\n  npm run rollcall -- report --format csv --json',
  )
  .action(async ({ out, asOf, days, format, json }: Options) => {
    const config = loadConfig();
    await withStore(config, async (store) => {
      const written = await writeReport(store, {
        dir: out ?? config.reportDir,
        timezone: config.timezone,
        days,
        formats: format,
        ...asOf,
      });
      if (json) process.stdout.write(`${JSON.stringify(written)}\n`);
      else printReport(written);
    });
  });

function printReport({ dir, files, seconds, headlines, notes }: WrittenReport): void {
  const width = Math.max(...headlines.map(({ label }) => label.length));
  const numbers = headlines.map(({ value }) => number(value));
  const wide = Math.max(...numbers.map(({ length }) => length));
  for (const [at, { label, note }] of headlines.entries())
    process.stdout.write(`${label.padEnd(width)}  ${pc.bold(numbers[at]!.padStart(wide))}  ${pc.dim(note)}\n`);
  const shown = relative('', dir);
  const folder = shown.startsWith('..') ? dir : shown;
  const page = files.includes('index.html') ? `${folder}/index.html` : folder;
  process.stdout.write(`\n${pc.bold(page)}: ${files.length} files in ${seconds.toFixed(1)} s\n`);
  for (const note of notes) process.stderr.write(`${pc.yellow(note)}\n`);
}

function moment(text: string): { asOf: Date; day?: string } {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const asOf = new Date(isDay ? `${text}T23:59:59.999Z` : text);
  const isTime = isDay || /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isTime || Number.isNaN(asOf.getTime()) || (isDay && asOf.toISOString().slice(0, 10) !== text))
    throw new InvalidArgumentError('Give a date, 2026-03-02, or a time, 2026-03-02T08:00:00Z.');
  return isDay ? { asOf, day: text } : { asOf };
}

function wholeDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Give a whole number of days, 1 to 9999.');
  return Number(text);
}

function formats(text: string): Format[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !(FORMATS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new InvalidArgumentError(`Give some of ${FORMATS.join(',')}.`);
  return names as Format[];
}
