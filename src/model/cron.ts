/** The times of a cron expression or of a Temporal calendar: sorted numbers per field. */
export interface Calendar {
  minute: number[];
  hour: number[];
  dayOfMonth: number[];
  month: number[];
  dayOfWeek: number[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS: [name: keyof Calendar, first: number, last: number, names: readonly string[]][] = [
  ['minute', 0, 59, []],
  ['hour', 0, 23, []],
  ['dayOfMonth', 1, 31, []],
  ['month', 1, 12, MONTHS],
  ['dayOfWeek', 0, 7, DAYS],
];

/** Parses a five-field cron expression as Temporal does. Returns `undefined` for one that Temporal rejects. */
export function calendarOfCron(cron: string): Calendar | undefined {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) return undefined;
  const fields = FIELDS.map(
    ([name, first, last, names], at) => [name, valuesOf(texts[at]!, first, last, names)] as const,
  );
  if (fields.some(([, values]) => values === undefined)) return undefined;
  const calendar = Object.fromEntries(fields) as unknown as Calendar;
  // Sunday is 0 and 7.
  calendar.dayOfWeek = distinct(calendar.dayOfWeek.map((day) => day % 7));
  return calendar;
}

const NAMES: Record<keyof Calendar, string> = {
  minute: 'minute',
  hour: 'hour',
  dayOfMonth: 'day of the month',
  month: 'month',
  dayOfWeek: 'day of the week',
};

/** Describes the error in a cron expression; `undefined` when it is valid. */
export function cronFault(cron: string): string | undefined {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) return 'it must have five fields: minute, hour, day of month, month, day of week';
  for (const [at, [name, first, last, names]] of FIELDS.entries()) {
    if (valuesOf(texts[at]!, first, last, names) === undefined)
      return `its ${NAMES[name]}, ${texts[at]}, is not a list of numbers, ranges or steps from ${first} to ${last}`;
  }
  return undefined;
}

/** Formats a calendar as a cron expression. */
export function cronOf(calendar: Calendar): string {
  return FIELDS.map(([name, first, last]) => fieldOf(calendar[name], first, name === 'dayOfWeek' ? 6 : last)).join(' ');
}

/** Formats sorted values as one field. */
function fieldOf(values: readonly number[], first: number, last: number): string {
  const [from, second] = values as [number, number?];
  if (values.length === last - first + 1) return '*';
  const step = second === undefined ? 0 : second - from;
  if (step > 1 && values.length > 2 && values.every((value, at) => value === from + at * step)) {
    const to = values.at(-1)!;
    if (from === first && to + step > last) return `*/${step}`;
    return `${from}-${to}/${step}`;
  }
  const ranges: [from: number, to: number][] = [];
  for (const value of values) {
    const open = ranges.at(-1);
    if (open?.[1] === value - 1) open[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a},${b}` : `${a}-${b}`)).join();
}

/** Whether a calendar contains this wall-clock time, which is passed as if it were UTC. */
export function isNamed(calendar: Calendar, wall: Date): boolean {
  return (
    isNamedDay(calendar, wall) &&
    calendar.hour.includes(wall.getUTCHours()) &&
    calendar.minute.includes(wall.getUTCMinutes())
  );
}

/** Whether a calendar contains this day, which is passed as if it were UTC. */
export const isNamedDay = ({ dayOfMonth, month, dayOfWeek }: Calendar, day: Date): boolean =>
  dayOfMonth.includes(day.getUTCDate()) && month.includes(day.getUTCMonth() + 1) && dayOfWeek.includes(day.getUTCDay());

function valuesOf(text: string, first: number, last: number, names: readonly string[]): number[] | undefined {
  const values: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, all, from, to, step] = match;
    const start = all === undefined ? numberOf(from!, first, names) : first;
    // `5/10` means from 5 to the last value of the field, in steps of 10.
    const open = all !== undefined || (to === undefined && step !== undefined);
    const end = open ? (names === DAYS ? 6 : last) : numberOf(to ?? from!, first, names);
    if (!(start >= first && start <= end && end <= last) || step === '0') return undefined;
    for (let value = start; value <= end; value += Number(step ?? 1)) values.push(value);
  }
  return distinct(values);
}

function numberOf(text: string, first: number, names: readonly string[]): number {
  const index = names.indexOf(text.toUpperCase().slice(0, 3));
  return index >= 0 ? index + first : Number(text);
}

const distinct = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** A range of a calendar as Temporal describes it. Temporal uses names for months and days of the week. */
interface Range {
  start: number | string;
  end: number | string;
  step: number;
}

export type Described = { readonly [Field in keyof Calendar]: readonly Range[] };

/** Parses a calendar as Temporal describes it. Returns `undefined` when a name is unknown. */
export function calendarOfTemporal(described: Described): Calendar | undefined {
  const fields = FIELDS.map(([name, first, , names]) => {
    const values: number[] = [];
    for (const { start, end, step } of described[name]) {
      const last = numberOf(String(end), first, names);
      for (let value = numberOf(String(start), first, names); value <= last; value += step || 1) values.push(value);
    }
    return [name, distinct(values)] as const;
  });
  if (fields.some(([, values]) => values.length === 0)) return undefined;
  return Object.fromEntries(fields) as unknown as Calendar;
}

const DAY_MS = 86_400_000;

/**
 * The longest time between two runs of a calendar, milliseconds. Ignores clock changes, so the result may be wrong by an
 * hour.
 */
export function longestGap(calendar: Calendar): number {
  const { minute, hour } = calendar;
  const times = hour.flatMap((h) => minute.map((m) => (h * 60 + m) * 60_000));
  let previous: number | undefined;
  let longest = 0;
  // Four years contain one February 29.
  for (let day = Date.UTC(2026, 0, 1); day < Date.UTC(2030, 0, 1); day += DAY_MS) {
    if (!isNamedDay(calendar, new Date(day))) continue;
    for (const time of times) {
      if (previous !== undefined) longest = Math.max(longest, day + time - previous);
      previous = day + time;
    }
  }
  return longest;
}
