import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { Config } from '../../config.js';
import { registerSearchAttributes } from '../search-attributes.js';
import { Failure } from '../../model/failure.js';
import { scheduledWorkflowId } from '../../model/workflow-ids.js';
import { askTemporal } from './ask.js';
import { JITTER_MS } from './clock-changes.js';
import { specText } from './describe.js';
import { scheduleSetting, type ScheduleSetting } from './setting.js';
import type { AnySource } from '../../model/source.js';

export const scheduleId = (config: Config, source: string): string => `${config.temporal.taskQueue}-${source}`;

export interface ScheduleLine {
  source: string;
  /** The cron expression as it was set, or the nearest form of a schedule that was set elsewhere. */
  cron: string;
  timezone: string;
  paused: boolean;
  next?: Date;
  /** The next ten times at most. */
  upcoming: Date[];
  last?: Date;
}

/**
 * A source's cron and time zone: from `ROLLCALL_SCHEDULE_<SOURCE>` if it is set, else from the source's file, else daily at
 * 04:00. Throws `Failure('settings-invalid')`.
 */
export function scheduleOf(source: AnySource, config: Config): { cron: string; timezone: string } {
  const { cron, timezone } = scheduleSetting(source, config);
  return { cron, timezone };
}

/**
 * Creates or updates the sources' Temporal Schedules; a paused schedule stays paused. Validates all settings first, and throws
 * `Failure('settings-invalid')` that names every wrong setting before it changes anything.
 */
export async function applySchedules(
  client: Client,
  config: Config,
  sources: readonly AnySource[],
  onApplied: (source: AnySource, done: 'created' | 'updated') => void = () => {},
): Promise<void> {
  const checks = await Promise.allSettled(
    sources.map(async (source) => askTemporal(client, scheduleSetting(source, config))),
  );
  const faults = checks.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const other = faults.find((fault) => !(fault instanceof Failure));
  if (other) throw other;
  const [first, ...more] = faults as Failure[];
  if (first) {
    const { message, details } = first;
    throw more.length === 0
      ? first
      : new Failure('settings-invalid', [message, ...more.map((each) => each.message)].join('\n'), details);
  }
  for (const source of sources) onApplied(source, await upsert(client, config, source));
}

/** Creates or updates the schedule of one source, like `applySchedules`. */
export async function applySchedule(client: Client, config: Config, source: AnySource): Promise<'created' | 'updated'> {
  await askTemporal(client, scheduleSetting(source, config));
  return upsert(client, config, source);
}

async function upsert(client: Client, config: Config, source: AnySource): Promise<'created' | 'updated'> {
  const options = await optionsOf(client, config, source);
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

/** Creates the source's Temporal Schedule. Returns `false` and changes nothing when there is one. */
export async function createSchedule(client: Client, config: Config, source: AnySource): Promise<boolean> {
  try {
    await client.schedule.create(await optionsOf(client, config, source));
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

async function optionsOf(client: Client, config: Config, source: AnySource): Promise<ScheduleOptions> {
  const { cron, timezone }: ScheduleSetting = scheduleSetting(source, config);
  const searchable = await registerSearchAttributes(client, config.temporal.namespace);
  return {
    scheduleId: scheduleId(config, source.name),
    // Temporal keeps the text after the # as a comment, from which Rollcall shows the expression again.
    spec: { cronExpressions: [`${cron} # ${cron}`], timezone, jitter: JITTER_MS },
    // One run at a time. After days of downtime Temporal starts one missed run, and not one for each missed day.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day', pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType: 'collectInventory',
      workflowId: scheduledWorkflowId(config.temporal.taskQueue, source.name),
      taskQueue: config.temporal.taskQueue,
      args: [
        { sources: [source.name], maintenance: ['report', 'prune'], prefix: config.temporal.taskQueue, searchable },
      ],
      staticSummary: `Collect ${source.name} on schedule`,
    },
  };
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
      remedy: 'To create one: npm run schedule -- apply',
    });
  }
}

/** Lists the existing schedules of the given sources. */
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
        cron: specText(spec),
        timezone: spec.timezone ?? 'UTC',
        paused: state.paused,
        ...(next ? { next } : {}),
        upcoming: info.nextActionTimes,
        ...(last ? { last } : {}),
      });
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
    }
  }
  return lines;
}
