import { isDeepStrictEqual } from 'node:util';
import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import { Failure } from '../../model/failure.js';
import { scheduleId, scheduleOf } from '../../temporal/schedules/schedules.js';
import { ago } from '../../format/ago.js';
import { attention, ok, skipped, type Check, type Doctor, type Finding } from './check.js';
import { calendarOfCron, calendarOfTemporal, longestGap, type Described } from '../../model/cron.js';
import { configuredSources } from './sources.js';

/** Checks that each configured source has a schedule, that it matches the settings, and that it starts runs. */
export const schedulesCheck: Check = {
  group: 'Schedules',
  async run(doctor) {
    const client = await doctor.temporal();
    const names = configuredSources(doctor);
    if (names.length === 0) return [skipped('No source is configured')];
    const findings = await Promise.all(names.map((name) => scheduleFindings(client, doctor, name)));
    return findings.flat();
  },
};

async function scheduleFindings(client: Client, doctor: Doctor, name: string): Promise<Finding[]> {
  const apply = `npm run schedule -- apply ${name}`;
  let wanted: ReturnType<typeof scheduleOf>;
  try {
    wanted = scheduleOf(doctor.sources.registry.get(name), doctor.config);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [attention(`${name}: ${error.message}`, error.details.remedy ?? apply)];
  }
  try {
    const description = await client.schedule.getHandle(scheduleId(doctor.config, name)).describe();
    return judge(name, wanted, description, new Date());
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return [attention(`${name} has no schedule: it is collected only when a user triggers it`, apply)];
  }
}

type Judged = Pick<ScheduleDescription, 'spec' | 'state' | 'info'>;

/** Tolerance for jitter and a slow start of a run. */
const SLACK_MS = 20 * 60_000;

/** Problems of a schedule, from its description; one finding with level `ok` if there are none. */
export function judge(
  name: string,
  wanted: { cron: string; timezone: string },
  { spec, state, info }: Judged,
  now: Date,
): Finding[] {
  const findings: Finding[] = [];
  const apply = `npm run schedule -- apply ${name}`;
  const calendar = calendarOfCron(wanted.cron);
  const drift = driftOf(spec, calendar, wanted.timezone);
  if (drift)
    findings.push(attention(`${name}: its schedule ${drift}; set is ${wanted.cron} ${wanted.timezone}`, apply));
  if (state.paused) {
    const note = state.note ? ` (${state.note})` : '';
    return [...findings, attention(`${name}: its schedule is paused${note}`, `npm run schedule -- resume ${name}`)];
  }
  const [next] = info.nextActionTimes;
  if (!next) return [...findings, attention(`${name}: its schedule has no next time`, apply)];
  const last = info.recentActions.at(-1)?.takenAt;
  // The expected time of a new or changed schedule counts from its creation or change.
  const since = Math.max(...[last, info.createdAt, info.lastUpdatedAt].map((time) => time?.getTime() ?? 0));
  if (calendar && !drift && now.getTime() - since > longestGap(calendar) + SLACK_MS) {
    const lately = last ? `started its last run ${ago(last, now)}` : 'never started a run';
    const still = info.runningActions.length > 0;
    const fix = still
      ? 'An earlier run is still under way: see it in the Web UI, and whether a worker runs (npm start)'
      : `npm run trigger -- ${name} --wait collects now; look at the schedule in the Web UI`;
    findings.push(attention(`${name}: its schedule is overdue, it ${lately}`, fix));
  }
  return findings.length > 0
    ? findings
    : [ok(`${name}: ${wanted.cron} ${wanted.timezone}, next ${next.toISOString()}`)];
}

/** Returns how a schedule differs from the settings. */
function driftOf(
  spec: Judged['spec'],
  calendar: ReturnType<typeof calendarOfCron>,
  timezone: string,
): string | undefined {
  if ((spec.timezone ?? 'UTC') !== timezone) return `is in time zone ${spec.timezone ?? 'UTC'}`;
  const described = spec.calendars ?? [];
  if (!calendar) return undefined; // a notation that only Temporal can parse
  if (described.length !== 1 || (spec.intervals ?? []).length > 0) return 'has other times';
  return isDeepStrictEqual(calendarOfTemporal(described[0] as unknown as Described), calendar)
    ? undefined
    : 'has other times';
}
