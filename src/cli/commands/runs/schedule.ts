import type { Client } from '@temporalio/client';
import Table from 'cli-table3';
import { Command } from 'commander';
import { openClient } from '../../../client.js';
import { loadConfig, type Config } from '../../../config.js';
import { clockChangeDays } from '../../../temporal/schedules/clock-changes.js';
import { markScheduled } from '../../../temporal/schedules/first.js';
import {
  applySchedules,
  changeSchedule,
  listSchedules,
  scheduleId,
  scheduleOf,
} from '../../../temporal/schedules/schedules.js';
import { loadSources } from '../../../sources/loading/registry.js';
import type { AnySource } from '../../../model/source.js';
import { chooseSources } from './trigger.js';
import { withStore } from '../../shared/with-store.js';

const ACTIONS = ['apply', 'list', 'pause', 'resume', 'remove'] as const;
type Action = (typeof ACTIONS)[number];

export const scheduleCommand = new Command('schedule')
  .description(
    "Temporal Schedules of the sources: daily, unless the source's file or ROLLCALL_SCHEDULE_<SOURCE> sets another schedule",
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
      if (action === 'apply') await apply(client, config, sources.map(registry.get.bind(registry)));
      else if (action === 'remove') await remove(client, config, sources.map(registry.get.bind(registry)));
      else if (action !== 'list') {
        for (const source of sources) {
          await changeSchedule(client, config, source, action === 'pause' ? 'pause' : 'unpause');
          process.stdout.write(`${source}: ${action}d\n`);
        }
      }
      if (action === 'apply' || action === 'list')
        print(await listSchedules(client, config, sources), options.json ?? false);
    } finally {
      await client.connection.close();
    }
  });

async function apply(client: Client, config: Config, sources: readonly AnySource[]): Promise<void> {
  // With --json, standard output contains only the schedules.
  await applySchedules(client, config, sources, ({ name }, done) => void process.stderr.write(`${name}: ${done}\n`));
  for (const source of sources) {
    const setting = scheduleOf(source, config);
    const set = `${source.name}: ${setting.cron} ${setting.timezone}`;
    const [line] = await listSchedules(client, config, [source.name]);
    if (line && !line.paused && line.upcoming.length === 0) process.stderr.write(`! ${set} never fires\n`);
    for (const { day, times, instead } of await clockChangeDays(client, scheduleId(config, source.name), setting))
      process.stderr.write(`! ${set} ${oddText(times, instead)} on ${day}, when the clocks change\n`);
  }
}

function oddText(times: number, instead: number): string {
  if (times === 0) return 'does not fire';
  if (instead === 1) return times === 2 ? 'fires twice' : `fires ${times} times`;
  return `fires ${times === 1 ? 'once' : `${times} times`} instead of ${instead} times`;
}

async function remove(client: Client, config: Config, sources: readonly AnySource[]): Promise<void> {
  await withStore(config, async (store) => {
    for (const source of sources) {
      // Marked before the schedule is removed, so that a worker that starts in between does not create it again.
      await markScheduled(store, config, source);
      await changeSchedule(client, config, source.name, 'delete');
      process.stdout.write(`${source.name}: removed\n`);
    }
  });
}

/** Number of upcoming times that are shown. */
const SHOWN = 3;

function print(lines: Awaited<ReturnType<typeof listSchedules>>, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(lines)}\n`);
    return;
  }
  const table = new Table({
    head: ['source', 'schedule', 'zone', 'state', 'next times', 'last'],
    style: { head: [], border: [] },
  });
  for (const { source, cron, timezone, paused, upcoming, last } of lines) {
    table.push([
      source,
      cron,
      timezone,
      paused ? 'paused' : 'active',
      upcoming
        .slice(0, SHOWN)
        .map((time) => time.toISOString())
        .join('\n'),
      last?.toISOString() ?? 'never',
    ]);
  }
  process.stdout.write(lines.length === 0 ? 'No schedules yet: npm run schedule -- apply\n' : `${table.toString()}\n`);
}
