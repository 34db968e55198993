import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import type { Config } from '../config.js';
import { freshnessOf } from '../sources/loading/freshness.js';
import { scheduleId } from '../temporal/schedules/schedules.js';
import type { AnySource } from '../model/source.js';
import type { NewAlert } from '../store/collections/alerts.js';
import { isFuture } from '../store/clock.js';
import type { Store } from '../store/database.js';
import { workflowLink } from '../temporal/web-ui.js';

/** A source whose schedule has come round, and which was not read whole since. */
export interface Overdue {
  source: string;
  /** Its last complete listing, or since when it has a schedule. */
  since: Date;
  /** Longest time between two of its next runs, milliseconds. */
  everyMs: number;
  never: boolean;
  /** What its last run came to. */
  last?: { run: string; reason?: string };
  parked: boolean;
}

const LEAST_GRACE_MS = 30 * 60_000;
const GRACE_SHARE = 0.1;

/** For how long a source that is due every `everyMs` may be without a complete listing: one that is fresh is passed over once. */
export const patienceFor = (everyMs: number, freshMs: number): number =>
  everyMs + Math.min(freshMs, everyMs) + Math.max(LEAST_GRACE_MS, everyMs * GRACE_SHARE);

/** The sources that are overdue, by their schedules in Temporal. One without a schedule, or with a paused one, never is. */
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
    // A time that has not come yet says nothing: a clock was ahead.
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

/** On working days only, three days may pass from one run to the next. */
function longestGap(times: readonly Date[]): number | undefined {
  const gaps = times.slice(1).map((time, index) => time.getTime() - times[index]!.getTime());
  return gaps.length === 0 ? undefined : Math.max(...gaps);
}

/** Runs start up to five minutes after their time: a gap is not to be told more exactly. */
function roughly(ms: number): string {
  const minutes = Math.round(ms / 300_000) * 5;
  if (minutes < 90) return `${Math.max(minutes, 5)} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

const minute = (time: Date) => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** One alert for each time that a source falls behind, however long that lasts. */
export function alertOfOverdue(config: Config, { source, since, everyMs, never, last }: Overdue): NewAlert {
  const what = never
    ? `${source} has had a schedule since ${minute(since)} and no complete run yet`
    : `${source} has had no complete run since ${minute(since)}`;
  const ending = last?.reason ? `; its last run ${last.run}: ${last.reason}` : '';
  const link = workflowLink(config, `${config.temporal.taskQueue}-source-${source}`);
  return {
    _id: `run-overdue/${source}/${since.toISOString()}`,
    kind: 'run-overdue',
    source,
    ...(last ? { run: last.run } : {}),
    reason: `${what}, and is due about every ${roughly(everyMs)}${ending}`,
    remedy: `Look at npm run schedule -- list and at its last run; npm run trigger -- ${source} --force --wait collects it now`,
    ...(link ? { link } : {}),
  };
}
