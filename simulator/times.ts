const DAY = 86_400_000;
const days = new Map<number, string>();
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));

/** The fleet's present before the first touch: fixed, so that a seed always gives the same bytes. */
export const FLEET_NOW = Date.UTC(2026, 2, 2, 8, 0, 0);

function text(ms: number): string {
  const day = Math.floor(ms / DAY);
  let date = days.get(day);
  if (date === undefined) {
    // Days are few; `toISOString` for each time of each record would cost as much as the rest of the record.
    date = new Date(day * DAY).toISOString().slice(0, 11);
    days.set(day, date);
  }
  const seconds = Math.floor((ms - day * DAY) / 1000);
  const hour = (seconds / 3600) | 0;
  return `${date}${TWO[hour]}:${TWO[((seconds / 60) | 0) % 60]}:${TWO[seconds % 60]}`;
}

/** `2026-03-02T08:00:00Z` */
export function isoSeconds(ms: number): string {
  return `${text(ms)}Z`;
}

/** `2026-03-02T08:00:00.000Z` */
export function isoMillis(ms: number): string {
  return `${text(ms)}.${String(ms % 1000).padStart(3, '0')}Z`;
}
