import Table from 'cli-table3';
import { Command } from 'commander';
import { openClient } from '../client.js';
import { loadConfig } from '../config.js';
import { applySchedule, changeSchedule, listSchedules } from '../schedules.js';
import { loadSources } from '../sources/index.js';
import { chooseSources } from './trigger.js';

const ACTIONS = ['apply', 'list', 'pause', 'resume', 'remove'] as const;
type Action = (typeof ACTIONS)[number];

export const scheduleCommand = new Command('schedule')
  .description(
    'Temporal Schedules of the sources: daily unless the source or ROLLCALL_SCHEDULE_<SOURCE> says otherwise',
  )
  .argument('<action>', ACTIONS.join(' | '))
  .argument('[source...]', 'sources; without one, ROLLCALL_COLLECT or every configured source')
  .option('--json', 'print schedules as JSON (list)')
  .addHelpText('after', '\nExamples:\n  npm run schedule -- apply\n  npm run schedule -- pause qualys')
  .action(async (action: string, names: string[], options: { json?: boolean }, command: Command) => {
    if (!ACTIONS.includes(action as Action))
      command.error(`unknown action ${action}: it is one of ${ACTIONS.join(', ')}`);
    const config = loadConfig();
    const registry = loadSources({ folders: config.sourceFolders });
    const all = names.length === 0 && action === 'list';
    const sources = all ? registry.names() : chooseSources(config, registry, names);
    const client = await openClient(config.temporal);
    try {
      for (const source of sources) {
        if (action === 'apply')
          process.stdout.write(`${source}: ${await applySchedule(client, config, registry.get(source))}\n`);
        else if (action !== 'list') {
          await changeSchedule(
            client,
            config,
            source,
            action === 'pause' ? 'pause' : action === 'resume' ? 'unpause' : 'delete',
          );
          process.stdout.write(`${source}: ${action === 'remove' ? 'removed' : `${action}d`}\n`);
        }
      }
      if (action === 'apply' || action === 'list')
        print(await listSchedules(client, config, sources), options.json ?? false);
    } finally {
      await client.connection.close();
    }
  });

function print(lines: Awaited<ReturnType<typeof listSchedules>>, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(lines)}\n`);
    return;
  }
  const table = new Table({
    head: ['source', 'schedule', 'zone', 'state', 'next', 'last'],
    style: { head: [], border: [] },
  });
  for (const { source, cron, timezone, paused, next, last } of lines) {
    table.push([
      source,
      cron,
      timezone,
      paused ? 'paused' : 'active',
      next?.toISOString() ?? '',
      last?.toISOString() ?? 'never',
    ]);
  }
  process.stdout.write(lines.length === 0 ? 'No schedules yet: npm run schedule -- apply\n' : `${table.toString()}\n`);
}
