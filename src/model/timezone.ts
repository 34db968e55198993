/** Whether `name` is a time zone of the IANA database. Offsets such as `+02:00` are not. */
export function isTimezone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/**
 * Returns a function that converts a time to the wall-clock time of the zone, given as if it were UTC. Both are
 * milliseconds since 1970.
 */
export function wallClock(timezone: string): (time: number) => number {
  const format = new Intl.DateTimeFormat('en-u-hc-h23', {
    timeZone: timezone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (time) => {
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(time)) parts[type] = Number(value);
    return Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second);
  };
}

/** A time at which the clocks of a zone change, and the wall clock before and after (see `wallClock`). */
export interface ClockChange {
  at: number;
  before: number;
  after: number;
}

/** Step of the search: no zone changes its clocks forward and back within a week. */
const STEP_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;

/** The clock changes of a time zone between two times. */
export function clockChanges(timezone: string, from: number, to: number): ClockChange[] {
  const wall = wallClock(timezone);
  const offset = (time: number) => wall(time) - time;
  const changes: ClockChange[] = [];
  const start = Math.floor(from / MINUTE_MS) * MINUTE_MS;
  for (let low = start, before = offset(start); low < to; low += STEP_MS) {
    const after = offset(low + STEP_MS);
    if (after === before) continue;
    changes.push(changeWithin(low));
    before = after;
  }
  return changes;

  function changeWithin(from: number): ClockChange {
    const before = offset(from);
    let [low, high] = [from, from + STEP_MS];
    while (high - low > MINUTE_MS) {
      const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    return { at: high, before: high + before, after: high + offset(high) };
  }
}
