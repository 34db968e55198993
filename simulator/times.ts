import { DRAW } from './machines/machine.js';
import { hash } from './random.js';

const DAY = 86_400_000;
/** Dates by day, from 2014 to 2029. */
const FIRST_DAY = 16_071;
const DATES = Array.from({ length: 5844 }, (_, day) => new Date((FIRST_DAY + day) * DAY).toISOString().slice(0, 11));
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));
/** Every second of a day as text: a cache of three megabytes, used a dozen times a record. */
const CLOCK = Array.from(
  { length: 86_400 },
  (_, second) => `${TWO[Math.floor(second / 3600)]}:${TWO[Math.floor(second / 60) % 60]}:${TWO[second % 60]}`,
);

/** The fleet's present before the first touch, unless another one is set: fixed, so that a seed always gives the same bytes. */
export const FLEET_NOW = Date.UTC(2026, 2, 2, 8, 0, 0);

let present = FLEET_NOW;

/** The fleet's present before the first touch, epoch milliseconds. */
export const fleetNow = (): number => present;

/** Sets the fleet's present in this process. Must be called before the first record is rendered. */
export function dateFleet(now: number): void {
  present = now;
}

/** When a vendor first saw a machine: one machine in 50 came within the last four weeks, the others `days` ago. */
export function firstSeen(seed: number, index: number, days: number): number {
  const drawn = hash(seed, index, DRAW.times + 42);
  return fleetNow() - (isNew(seed, index) ? 3 + ((drawn >>> 8) % 25) : days) * DAY;
}

/** Whether a machine appeared within the last four weeks. Such machines are seen every day. */
export const isNew = (seed: number, index: number): boolean => hash(seed, index, DRAW.times + 42) % 50 === 0;

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
