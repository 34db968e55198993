import { number } from '../../../format/number.js';
import { Command, InvalidArgumentError, Option } from 'commander';
import Table from 'cli-table3';
import { loadConfig } from '../../../config.js';
import { listRuns } from '../../../store/collections/runs.js';
import type { RunDoc } from '../../../store/documents/runs.js';
import type { RunStatus, SourceAccount } from '../../../model/run.js';
import { confirmCommand } from './confirm.js';
import { knownSource } from './known-source.js';
import { showCommand } from './show.js';
import { colouredStatus } from '../../../format/status-colour.js';
import { onlyFetched } from '../../shared/summary.js';
import { duration, minute } from '../../../format/time.js';
import { withStore } from '../../shared/with-store.js';

const STATUSES: RunStatus[] = ['running', 'completed', 'partial', 'failed', 'cancelled'];

interface Options {
  source?: string;
  status?: RunStatus;
  limit: number;
  json?: boolean;
}

export const runsCommand = new Command('runs')
  .description(
    'past runs, the newest first; `show` details one source by source, `confirm` retires the records that await confirmation',
  )
  .enablePositionalOptions()
  .option('--source <name>', 'those that it took part in')
  .addOption(new Option('--status <status>', 'those that ended so').choices(STATUSES))
  .option('--limit <n>', 'how many', count, 20)
  .option('--json', 'one JSON object a line')
  .addCommand(showCommand)
  .addCommand(confirmCommand)
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- runs --status partial\n  npm run rollcall -- runs --source qualys --limit 5' +
      '\n  npm run rollcall -- runs show\n  npm run rollcall -- runs confirm --source qualys',
  )
  .action(async ({ source, status, limit, json }: Options) => {
    const config = loadConfig();
    await withStore(config, async (store) => {
      if (source !== undefined) await knownSource(store, config, source);
      const only = { ...(source === undefined ? {} : { source }), ...(status === undefined ? {} : { status }) };
      const runs = await listRuns(store, only, limit);
      if (json) for (const run of runs) process.stdout.write(`${JSON.stringify(run)}\n`);
      else process.stdout.write(`${runs.length === 0 ? nothing(only) : tableOf(runs)}\n`);
    });
  });

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above zero');
  return value;
}

function nothing({ source, status }: { source?: string; status?: RunStatus }): string {
  if (source === undefined && status === undefined) return 'No runs yet: npm run trigger -- --wait makes one';
  return 'No such runs';
}

function tableOf(runs: readonly RunDoc[]): string {
  const table = new Table({
    head: ['run', 'started', 'took', 'status', 'hosts', 'sources'],
    colAligns: ['left', 'left', 'right', 'left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { _id, started_at, ended_at, status, hosts, merged, sources } of runs) {
    table.push([
      _id,
      minute(started_at),
      ended_at ? duration(ended_at.getTime() - started_at.getTime()) : '',
      colouredStatus(status),
      hosts === undefined ? '' : number(hosts),
      [
        ...(merged === undefined ? [] : [`${number(merged)} records merged`]),
        ...Object.entries(sources).map(([name, account]) => `${name}: ${brief(account)}`),
      ].join('\n'),
    ]);
  }
  return table.toString();
}

/** `complete, 1,684 records, 3 new, 12 gone`: zero counts are left out. */
function brief(account: SourceAccount): string {
  const { status, parked, records } = account;
  const counts = (['new', 'changed', 'quarantined', 'gone', 'unconfirmed'] as const).flatMap((what) =>
    account[what] ? [`${number(account[what])} ${what}`] : [],
  );
  return [
    colouredStatus(status),
    ...(parked ? ['parked'] : []),
    ...(onlyFetched(account) > 0 ? [`${number(onlyFetched(account))} rows fetched`] : []),
    ...(records > 0 ? [`${number(records)} records`] : []),
    ...counts,
  ].join(', ');
}
