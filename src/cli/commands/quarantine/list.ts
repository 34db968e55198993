import { number } from '../../../format/number.js';
import Table from 'cli-table3';
import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import type { Store } from '../../../store/database.js';
import { groupQuarantined, listQuarantined, type Quarantined } from '../../../quarantine/groups.js';
import { lineOf } from '../../../store/collections/quarantine.js';
import { countOverflow, overflowWarning } from '../../../store/quarantine-overflow.js';
import { ago } from '../../../format/ago.js';
import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import { withStore } from '../../shared/with-store.js';
import { narrowing, records, type Which } from './which.js';

interface Options extends Which {
  records?: boolean;
  limit: string;
  json?: boolean;
}

const LIMIT = 20;

export const listCommand = narrowing(new Command('list'))
  .description('what could not be read, by source and reason')
  .option('--records', 'each record, the last received first')
  .option('--limit <n>', 'show so many', String(LIMIT))
  .option('--all', 'show all of them')
  .option('--json', 'one JSON object a line')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- quarantine list\n' +
      '  npm run rollcall -- quarantine list --records --source qualys --reason "id is missing"\n' +
      '  npm run rollcall -- quarantine list --records --all --json > quarantine.jsonl',
  )
  .action(async (options: Options, command: Command) => {
    const limit = options.all ? 0 : Number(options.limit);
    if (!Number.isInteger(limit) || limit < 0) command.error('--limit is not a number');
    const { source, reason } = options;
    const which = { ...(source !== undefined && { source }), ...(reason !== undefined && { reason }) };
    await withStore(loadConfig(), async (store) => {
      if (options.records) await listRecords(store, which, limit, options.json);
      else await listGroups(store, which, limit, options.json);
    });
  });

async function listGroups(store: Store, which: Quarantined, limit: number, json = false): Promise<void> {
  const groups = await groupQuarantined(store, which);
  const shown = limit === 0 ? groups : groups.slice(0, limit);
  if (json) {
    for (const group of shown) print(JSON.stringify(group));
    return;
  }
  const overflow = await countOverflow(store, which.source);
  const printOverflow = () => {
    for (const { source: name, rows } of overflow)
      print(printable(`${name}: ${overflowWarning(rows, store.mostQuarantined)}`));
  };
  if (groups.length === 0) {
    print('Nothing is in quarantine');
    return printOverflow();
  }
  const table = tableOf(['source', 'reason', 'records', 'first', 'last', 'one of them']);
  for (const { source, reason, records: count, first_at, last_at, example } of shown)
    table.push([printable(source), printable(reason), number(count), ago(first_at), ago(last_at), printable(example)]);
  print(table.toString());
  const sum = groups.reduce((before, group) => before + group.records, 0);
  const more = groups.length - shown.length;
  print(`${records(sum)} in quarantine${more > 0 ? `; ${more} more reasons: --all` : ''}`);
  printOverflow();
  hint('npm run rollcall -- quarantine show ID shows details, and what to do');
}

async function listRecords(store: Store, which: Quarantined, limit: number, json = false): Promise<void> {
  const table = tableOf(['record', 'reason', 'place', 'pages', 'first', 'last']);
  let shown = 0;
  for await (const entry of listQuarantined(store, which, limit)) {
    shown += 1;
    const { _id, reason, count = 1, first_at, last_at } = entry;
    if (json) print(JSON.stringify({ ...entry, count }));
    else
      table.push([
        printable(_id),
        printable(reason),
        printable(lineOf(entry) ?? ''),
        count,
        ago(first_at),
        ago(last_at),
      ]);
  }
  if (json) return;
  if (shown === 0) return print('Nothing is in quarantine');
  print(table.toString());
  if (shown === limit) hint(`The ${limit} records received last: --limit or --all shows more`);
}

const tableOf = (head: string[]) =>
  new Table({
    head,
    colAligns: head.map((name) => (name === 'records' || name === 'pages' ? 'right' : 'left')),
    style: { head: pc.isColorSupported ? ['bold'] : [], border: [] },
  });

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const hint = (line: string): void => void process.stderr.write(`${line}\n`);
