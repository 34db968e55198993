import { minute } from '../format/time.js';
import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import type { Config } from '../config.js';
import { freshnessOf } from '../sources/loading/freshness.js';
import { scheduleId } from '../temporal/schedules/schedules.js';
import type { AnySource } from '../model/source.js';
import type { NewAlert } from '../store/collections/alerts.js';
import { isFuture } from '../store/clock.js';
import type { Store } from '../store/database.js';
import { sourceWorkflowId } from '../model/workflow-ids.js';
import { workflowLink } from '../temporal/web-ui.js';

/** A source that was due by its schedule and has had no complete listing since. */
export interface Overdue {
  source: string;
  /** Time of its last complete listing, or of its schedule's creation. */
  since: Date;
  /** Longest gap between its next runs, milliseconds. */
  everyMs: number;
  never: boolean;
  /** Its last run. */
  last?: { run: string; reason?: string };
  parked: boolean;
}

const LEAST_GRACE_MS = 30 * 60_000;
const GRACE_SHARE = 0.1;

/**
 * Milliseconds that a source due every `everyMs` may be without a complete listing. Includes one more interval, because a run
 * skips a source that is still fresh.
 */
export const patienceFor = (everyMs: number, freshMs: number): number =>
  everyMs + Math.min(freshMs, everyMs) + Math.max(LEAST_GRACE_MS, everyMs * GRACE_SHARE);

/** Finds overdue sources by their schedules in Temporal. A source without a schedule, or with a paused one, is never overdue. */
export async function findOverdue(
  { client, store, config }: { client: Client; store: Store; config: Config },
  sources: readonly AnySource[],
  now?: Date,
): Promise<Overdue[]> {
  const found: Overdue[] = [];
  const present = now ?? (await store.clock.now());
  for (const source of sources) {
    const schedule = await describe(client, scheduleId(config, source.name));
    const everyMs = schedule && longestGap(schedule.info.nextActionTimes);
    if (!schedule || schedule.state.paused || everyMs === undefined) continue;
    const known = await store.sources.findOne({ _id: source.name });
    // A time in the future is ignored: it comes from a clock that was ahead.
    const complete = known?.last_complete?.at;
    const since = complete && !isFuture(complete, present) ? complete : schedule.info.createdAt;
    if (present.getTime() - since.getTime() <= patienceFor(everyMs, freshnessOf(source, config))) continue;
    const run = known?.last_run;
    const account = run ? (await store.runs.findOne({ _id: run }))?.sources[source.name] : undefined;
    found.push({
      source: source.name,
      since,
      everyMs,
      never: known?.last_complete === undefined,
      ...(run ? { last: { run, ...(account?.reason ? { reason: account.reason } : {}) } } : {}),
      parked: known?.parked !== undefined,
    });
  }
  return found;
}

async function describe(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** The longest gap between two times, because a schedule for working days also has gaps of three days. */
function longestGap(times: readonly Date[]): number | undefined {
  const gaps = times.slice(1).map((time, index) => time.getTime() - times[index]!.getTime());
  return gaps.length === 0 ? undefined : Math.max(...gaps);
}

/** Rounded to five minutes, because runs start up to five minutes after their time. */
function roughly(ms: number): string {
  const minutes = Math.round(ms / 300_000) * 5;
  if (minutes < 90) return `${Math.max(minutes, 5)} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

/**
 * The alert for an overdue source; its id contains `since`, so that a source has one alert for each period without a complete
 * run, however long the period is.
 */
export function alertOfOverdue(config: Config, { source, since, everyMs, never, last }: Overdue): NewAlert {
  const what = never
    ? `${source} has had a schedule since ${minute(since)} and no complete run yet`
    : `${source} has had no complete run since ${minute(since)}`;
  const lastRun = last?.reason ? `; its last run ${last.run}: ${last.reason}` : '';
  const link = workflowLink(config.temporal, sourceWorkflowId(config.temporal.taskQueue, source));
  return {
    _id: `run-overdue/${source}/${since.toISOString()}`,
    kind: 'run-overdue',
    source,
    ...(last ? { run: last.run } : {}),
    reason: `${what}, and is due about every ${roughly(everyMs)}${lastRun}`,
    remedy: `Look at npm run schedule -- list and at its last run; npm run trigger -- ${source} --force --wait collects it now`,
    ...(link ? { link } : {}),
  };
}
