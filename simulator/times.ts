const DAY = 86_400_000;
/** Dates by day, from 2014 to 2029. */
const FIRST_DAY = 16_071;
const DATES = Array.from({ length: 5844 }, (_, day) => new Date((FIRST_DAY + day) * DAY).toISOString().slice(0, 11));
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));
/** Every second of a day as text: a dozen times a record are worth three megabytes. */
const CLOCK = Array.from(
  { length: 86_400 },
  (_, second) => `${TWO[Math.floor(second / 3600)]}:${TWO[Math.floor(second / 60) % 60]}:${TWO[second % 60]}`,
);

/** The fleet's present before the first touch: fixed, so that a seed always gives the same bytes. */
export const FLEET_NOW = Date.UTC(2026, 2, 2, 8, 0, 0);

function text(ms: number): string {
  const day = Math.floor(ms / DAY);
  return (DATES[day - FIRST_DAY] as string) + (CLOCK[Math.floor((ms - day * DAY) / 1000)] as string);
}

/** `2026-03-02T08:00:00Z` */
export function isoSeconds(ms: number): string {
  return `${text(ms)}Z`;
}

/** `2026-03-02T08:00:00.000Z` */
export function isoMillis(ms: number): string {
  return `${text(ms)}.${THREE[ms % 1000]}Z`;
}
