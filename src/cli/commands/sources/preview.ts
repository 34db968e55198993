import { behaviourOf } from '../../../model/failure.js';
import { Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../../../config.js';
import { datasetOf } from '../../../normalize/datasets/index.js';
import { denyListsOf } from '../../../host/canonical/deny-lists/index.js';
import { openKeyRing } from '../../../privacy/key-ring.js';
import type { FetchedPage } from '../../../model/source.js';
import { colours as pc } from '../../../format/colours.js';
import { report } from '../../shared/exit.js';
import { printable } from '../../../format/printable.js';
import { ask } from '../../../diagnostics/source/fetch-sample.js';
import { sideBySide, shortened } from '../../../format/side-by-side.js';
import { doubtsOf } from '../../../diagnostics/source/completeness-doubts.js';
import { seconds } from './check.js';
import { sourceNamed } from '../../../diagnostics/source/find.js';
import { jsonText, readRows, type ReadRow } from './read-rows.js';

interface Options {
  rows: number;
  timeout: number;
  json?: boolean;
}

export const previewCommand = new Command('preview')
  .description(
    'fetch one page and show each record as received next to what would be stored; nothing is written anywhere',
  )
  .argument('<source>', 'a source')
  .option('--rows <n>', 'how many records', count, 3)
  .option('--timeout <seconds>', 'how long the source may take to give a page', seconds, 30)
  .option('--json', 'print the records as one JSON object')
  .addHelpText(
    'after',
    '\nRecords with personal data are shown masked only. A queue shows its messages to others again at once, and files stay' +
      ' as they are.\n\nExamples:\n  npm run rollcall -- sources preview qualys\n' +
      '  npm run rollcall -- sources preview crowdstrike --rows 1 --json',
  )
  .action(async (name: string, { rows: most, timeout, json }: Options) => {
    const config = loadConfig();
    const { source } = sourceNamed(config, name);
    const keys = openKeyRing(config.keyRing);
    const personal = datasetOf(source).personal.length > 0;
    if (personal) keys.keys(); // fails with a remedy before any request
    const { page, failure } = await ask(source, config, most, timeout * 1000);
    if (failure) {
      report(failure);
      process.exitCode = behaviourOf(failure.kind).exitCode;
      return;
    }
    const rows = page ? readRows(source, page, most, { denyLists: denyListsOf(config.denyLists), keys }) : [];
    const notes = [
      ...notesOn(page, rows, personal, source.listing === 'queue'),
      ...(page?.warnings ?? []),
      ...doubtsOf(page),
    ];
    if (json) {
      const total = page?.total === undefined ? {} : { total: page.total };
      process.stdout.write(`${jsonText({ source: name, ...total, rows, notes })}\n`);
      return;
    }
    const width = process.stdout.columns ?? 120;
    for (const row of rows) process.stdout.write(`${linesOf(row, width).join('\n')}\n\n`);
    for (const note of notes) process.stderr.write(`${printable(note)}\n`);
  });

/** Maximum number of lines for one record. */
const MOST_LINES = 60;

function linesOf(row: ReadRow, width: number): string[] {
  const { raw, id, normalized, keys, rejected } = row;
  const head = `${rejected === undefined ? pc.green('✓') : pc.red('✗')} row ${row.row}${id === undefined ? '' : `  ${pc.bold(printable(id))}`}`;
  const pretty = (value: unknown) => shortened(jsonText(value, 2).split('\n'), MOST_LINES);
  const read = [
    ...(normalized === undefined ? [] : pretty(normalized)),
    ...(keys === undefined ? [] : [keys.length > 0 ? 'identity keys' : 'no identity keys: it merges with nothing']),
    ...(keys ?? []).map((key) => `  ${key}`),
    ...(rejected === undefined ? [] : [`to quarantine: ${rejected}`]),
  ];
  const right = { title: 'as stored', lines: read };
  if (raw === undefined) return [head, ...read.map(printable)];
  return [head, ...sideBySide({ title: 'as received', lines: pretty(raw) }, right, width)];
}

function* notesOn(
  page: FetchedPage | undefined,
  rows: readonly ReadRow[],
  personal: boolean,
  queue: boolean,
): Iterable<string> {
  if (rows.length === 0) yield 'The source lists nothing now';
  else if (page?.total !== undefined) yield `${rows.length} of ${page.total} records`;
  if (personal) yield 'Its records hold personal data: they are shown masked, and not as received';
  if (queue && rows.length > 0)
    yield 'The messages are visible to others again; the queue counts this preview as a receive of each';
  yield 'Nothing was written';
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) throw new InvalidArgumentError('It is 1 to 100.');
  return value;
}
