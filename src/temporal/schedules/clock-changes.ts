import type { Client } from '@temporalio/client';
import { msToTs, tsToDate } from '@temporalio/common/lib/time';
import { calendarOfCron, isNamed, isNamedDay, type Calendar } from '../../model/cron.js';
import { clockChanges, wallClock, type ClockChange } from '../../model/timezone.js';

/** A run starts up to this much after its scheduled time, so that sources do not all start in the same second. */
export const JITTER_MS = 5 * 60_000;

/** A day on which a schedule does not fire as often as its cron expression states, because the clocks change. */
export interface OddDay {
  /** `2027-03-28` */
  day: string;
  times: number;
  instead: number;
}

const HOUR_MS = 3_600_000;
const AHEAD_MS = 2 * 366 * 24 * HOUR_MS;
/** Temporal returns at most this many times a request. */
const MAX_TIMES = 1_000;

/**
 * Asks Temporal when a schedule fires on the days of the next two years on which clocks change, and returns the days on which
 * it does not fire as often as its cron expression states. Returns none for an hourly cron, because such days have 23 or 25
 * hours.
 */
export async function clockChangeDays(
  client: Client,
  scheduleId: string,
  { cron, timezone }: { cron: string; timezone: string },
  now = Date.now(),
): Promise<OddDay[]> {
  const calendar = calendarOfCron(cron);
  if (!calendar || calendar.hour.length === 24) return [];
  const changes = clockChanges(timezone, now, now + AHEAD_MS).filter((change) => concerns(calendar, change));
  const found = await Promise.all(changes.map((change) => oddDaysAt(client, scheduleId, calendar, timezone, change)));
  return found.flat().filter(({ day }, at, all) => all[at - 1]?.day !== day);
}

/** Whether the calendar has a time that the clock change skips or repeats. */
function concerns(calendar: Calendar, { before, after }: ClockChange): boolean {
  for (let wall = Math.min(before, after); wall < Math.max(before, after); wall += 60_000)
    if (isNamed(calendar, new Date(wall))) return true;
  return false;
}

async function oddDaysAt(
  client: Client,
  scheduleId: string,
  calendar: Calendar,
  timezone: string,
  { at, before, after }: ClockChange,
): Promise<OddDay[]> {
  const { startTime: times } = await client.schedule.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId,
    startTime: msToTs(at - 26 * HOUR_MS),
    endTime: msToTs(at + 26 * HOUR_MS),
  });
  if (!times || times.length >= MAX_TIMES) return [];
  const wall = wallClock(timezone);
  const firedOn = times.map((time) => dayOf(calendar, wall(tsToDate(time).getTime())));
  const instead = calendar.hour.length * calendar.minute.length;
  const days = new Set([Math.min(before, after), Math.max(before, after) - 60_000].map(dayText));
  return [...days].flatMap((day) => {
    const times = firedOn.filter((each) => each === day).length;
    return isNamedDay(calendar, new Date(day)) && times !== instead ? [{ day, times, instead }] : [];
  });
}

/** The day of the scheduled time, which is up to `JITTER_MS` before the time that Temporal returns. */
function dayOf(calendar: Calendar, wall: number): string {
  const minute = wall - (wall % 60_000);
  for (let scheduled = minute; scheduled >= minute - JITTER_MS; scheduled -= 60_000)
    if (isNamed(calendar, new Date(scheduled))) return dayText(scheduled);
  return dayText(wall);
}

const dayText = (wall: number): string => new Date(wall).toISOString().slice(0, 10);
