import { isDeepStrictEqual } from 'node:util';
import type { ScheduleDescription } from '@temporalio/client';
import { calendarOfCron, calendarOfTemporal, cronOf, type Described } from '../../model/cron.js';

type Spec = ScheduleDescription['spec'];
type CalendarSpec = NonNullable<Spec['calendars']>[number];

/** Formats when a schedule fires: its cron expressions as they were set, and its intervals as `every 6h`. */
export function specText({ calendars = [], intervals = [], skip = [] }: Spec): string {
  const times = [...calendars.map(calendarText), ...intervals.map(intervalText)].join('; ');
  return skip.length === 0 ? times : `${times} except ${skip.map(calendarText).join('; ')}`;
}

/** Temporal stores a cron expression as a calendar with a comment. Rollcall sets the comment to the expression itself. */
function calendarText(spec: CalendarSpec): string {
  const calendar = calendarOfTemporal(spec as unknown as Described);
  const { comment = '' } = spec;
  if (!calendar) return comment || 'a calendar set elsewhere: see the Web UI';
  // A comment may be a user's own text, or older than the calendar, so it is shown only when it matches.
  const cron = isDeepStrictEqual(calendarOfCron(comment), calendar) ? comment : cronOf(calendar);
  const second = spec.second?.map(({ start }) => start).join() || '0';
  const more = [...(second === '0' ? [] : [`at second ${second}`]), ...(spec.year?.length ? ['in some years'] : [])];
  return [cron, ...more].join(' ');
}

const UNITS: [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

function intervalText({ every, offset }: { every: unknown; offset?: unknown }): string {
  return `every ${exactInterval(Number(every))}${offset ? ` from ${exactInterval(Number(offset))}` : ''}`;
}

function exactInterval(ms: number): string {
  const [name, unit] = UNITS.find(([, unit]) => ms % unit === 0) ?? ['ms', 1];
  return `${ms / unit}${name}`;
}
