import { ScheduleNotFoundError, ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import type { Config } from './config.js';
import { registerSearchAttributes } from './client.js';
import { Failure } from './failure.js';
import type { AnySource } from './sources/source.js';

const DAILY = '0 2 * * *';

export const scheduleId = (config: Config, source: string): string => `${config.temporal.taskQueue}-${source}`;

export interface ScheduleLine {
  source: string;
  cron: string;
  timezone: string;
  paused: boolean;
  next?: Date;
  last?: Date;
}

/** A source's cron and zone: `ROLLCALL_SCHEDULE_<SOURCE>` before its own file before daily at 02:00. */
export function scheduleOf(source: AnySource, config: Config): { cron: string; timezone: string } {
  const variable = `ROLLCALL_SCHEDULE_${source.name.toUpperCase().replace(/\W/g, '_')}`;
  const cron = config.environment[variable]?.trim() || source.schedule?.cron || DAILY;
  if (cron.split(/\s+/).length !== 5) {
    throw new Failure('settings-invalid', `${variable} is not a five-field cron expression`, {
      remedy: `For example ${variable}="${DAILY}"`,
    });
  }
  return { cron, timezone: source.schedule?.timezone ?? config.timezone };
}

/** Creates the source's Temporal Schedule or brings it up to date; a paused one stays paused. */
export async function applySchedule(client: Client, config: Config, source: AnySource): Promise<'created' | 'updated'> {
  const { cron, timezone } = scheduleOf(source, config);
  const searchable = await registerSearchAttributes(client, config.temporal.namespace);
  const options: ScheduleOptions = {
    scheduleId: scheduleId(config, source.name),
    spec: { cronExpressions: [cron], timezone, jitter: '5 minutes' },
    // One run at a time; a stack that was down for days catches up once, not once a day missed.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day', pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType: 'collectInventory',
      workflowId: `${config.temporal.taskQueue}-scheduled-${source.name}`,
      taskQueue: config.temporal.taskQueue,
      args: [{ sources: [source.name], upkeep: ['report', 'prune'], prefix: config.temporal.taskQueue, searchable }],
      staticSummary: `Collect ${source.name} on schedule`,
    },
  };
  const handle = client.schedule.getHandle(options.scheduleId);
  try {
    await handle.update((previous) => ({ ...options, state: previous.state }) as never);
    return 'updated';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    await client.schedule.create(options);
    return 'created';
  }
}

/** Pauses, resumes or removes a source's schedule. Throws `Failure` when there is none. */
export async function changeSchedule(
  client: Client,
  config: Config,
  source: string,
  change: 'pause' | 'unpause' | 'delete',
): Promise<void> {
  const handle = client.schedule.getHandle(scheduleId(config, source));
  try {
    if (change === 'delete') await handle.delete();
    else await handle[change](`rollcall schedule ${change}`);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new Failure('settings-invalid', `${source} has no schedule`, {
      source,
      remedy: 'npm run schedule -- apply makes one',
    });
  }
}

/** The schedules there are, of the sources named. */
export async function listSchedules(
  client: Client,
  config: Config,
  sources: readonly string[],
): Promise<ScheduleLine[]> {
  const lines: ScheduleLine[] = [];
  for (const source of sources) {
    try {
      const { spec, state, info } = await client.schedule.getHandle(scheduleId(config, source)).describe();
      const next = info.nextActionTimes[0];
      const last = info.recentActions.at(-1)?.takenAt;
      lines.push({
        source,
        cron: describeCalendar(spec),
        timezone: spec.timezone ?? 'UTC',
        paused: state.paused,
        ...(next ? { next } : {}),
        ...(last ? { last } : {}),
      });
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
  return lines;
}

/** Temporal keeps a cron expression as a calendar: its minute and hour are what a user looks for. */
function describeCalendar(spec: {
  calendars?: readonly {
    hour?: readonly { start: number }[];
    minute?: readonly { start: number }[];
    comment?: string;
  }[];
}): string {
  const calendar = spec.calendars?.[0];
  if (!calendar) return '';
  if (calendar.comment) return calendar.comment;
  const two = (value: number | undefined) => String(value ?? 0).padStart(2, '0');
  return `at ${two(calendar.hour?.[0]?.start)}:${two(calendar.minute?.[0]?.start)}`;
}
