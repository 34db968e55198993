/** The times that a cron expression or a calendar of Temporal names, as sorted numbers a field. */
export interface Calendar {
  minute: number[];
  hour: number[];
  dayOfMonth: number[];
  month: number[];
  dayOfWeek: number[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS: [name: keyof Calendar, first: number, last: number, words: readonly string[]][] = [
  ['minute', 0, 59, []],
  ['hour', 0, 23, []],
  ['dayOfMonth', 1, 31, []],
  ['month', 1, 12, MONTHS],
  ['dayOfWeek', 0, 7, DAYS],
];

/** Reads a five-field cron expression; `undefined` for one that is written in a way that is not known here. */
export function calendarOfCron(cron: string): Calendar | undefined {
  const texts = cron.trim().split(/\s+/);
  if (texts.length !== FIELDS.length) return undefined;
  const fields = FIELDS.map(
    ([name, first, last, words], at) => [name, valuesOf(texts[at]!, first, last, words)] as const,
  );
  if (fields.some(([, values]) => values === undefined)) return undefined;
  const calendar = Object.fromEntries(fields) as unknown as Calendar;
  // Sunday is 0 and 7.
  calendar.dayOfWeek = distinct(calendar.dayOfWeek.map((day) => day % 7));
  return calendar;
}

function valuesOf(text: string, first: number, last: number, words: readonly string[]): number[] | undefined {
  const values: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(?:(\*|\?)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, all, from, to, step] = match;
    const start = all === undefined ? numberOf(from!, first, words) : first;
    // Without a range a step goes to the end.
    const open = all !== undefined || (to === undefined && step !== undefined);
    const end = open ? (words === DAYS ? 6 : last) : numberOf(to ?? from!, first, words);
    if (!(start >= first && start <= end && end <= last) || step === '0') return undefined;
    for (let value = start; value <= end; value += Number(step ?? 1)) values.push(value);
  }
  return distinct(values);
}

function numberOf(text: string, first: number, words: readonly string[]): number {
  const word = words.indexOf(text.toUpperCase().slice(0, 3));
  return word >= 0 ? word + first : Number(text);
}

const distinct = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** A range of a calendar as Temporal describes it: months and days of the week are words there. */
interface Range {
  start: number | string;
  end: number | string;
  step: number;
}

export type Described = { readonly [Field in keyof Calendar]: readonly Range[] };

/** Reads a calendar as Temporal describes it; `undefined` where a word is not known here. */
export function calendarOfTemporal(described: Described): Calendar | undefined {
  const fields = FIELDS.map(([name, first, , words]) => {
    const values: number[] = [];
    for (const { start, end, step } of described[name]) {
      const last = numberOf(String(end), first, words);
      for (let value = numberOf(String(start), first, words); value <= last; value += step || 1) values.push(value);
    }
    return [name, distinct(values)] as const;
  });
  if (fields.some(([, values]) => values.length === 0)) return undefined;
  return Object.fromEntries(fields) as unknown as Calendar;
}

const DAY_MS = 86_400_000;

/** The longest time between two of its turns, milliseconds; to an hour at the changes of daylight saving. */
export function longestGap({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar): number {
  const times = hour.flatMap((h) => minute.map((m) => (h * 60 + m) * 60_000));
  let previous: number | undefined;
  let longest = 0;
  // Any four years have one February 29.
  for (let day = Date.UTC(2026, 0, 1); day < Date.UTC(2030, 0, 1); day += DAY_MS) {
    const date = new Date(day);
    if (!dayOfMonth.includes(date.getUTCDate()) || !month.includes(date.getUTCMonth() + 1)) continue;
    if (!dayOfWeek.includes(date.getUTCDay())) continue;
    for (const time of times) {
      if (previous !== undefined) longest = Math.max(longest, day + time - previous);
      previous = day + time;
    }
  }
  return longest;
}
