import { PURPOSE } from './machines/machine.js';
import { hash } from './random.js';

const DAY = 86_400_000;
/** Dates by day, from 2014 to 2029. */
const FIRST_DAY = 16_071;
const DATES = Array.from({ length: 5844 }, (_, day) => new Date((FIRST_DAY + day) * DAY).toISOString().slice(0, 11));
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));
/** Every second of a day as text. This cache takes three megabytes, and each record uses it a dozen times. */
const CLOCK = Array.from(
  { length: 86_400 },
  (_, second) => `${TWO[Math.floor(second / 3600)]}:${TWO[Math.floor(second / 60) % 60]}:${TWO[second % 60]}`,
);

/**
 * The fleet's current time before the first touch, unless `dateFleet` sets another one. It is fixed, so that a seed always
 * gives the same bytes.
 */
export const FLEET_NOW = Date.UTC(2026, 2, 2, 8, 0, 0);

let currentTime = FLEET_NOW;

/** The fleet's current time before the first touch, epoch milliseconds. */
export const fleetNow = (): number => currentTime;

/** Sets the fleet's current time in this process. Call it before the simulator renders the first record. */
export function dateFleet(now: number): void {
  currentTime = now;
}

/** Returns when a vendor first saw a machine: within the last four weeks for one machine in 50, `days` ago for the others. */
export function firstSeen(seed: number, index: number, days: number): number {
  const random = hash(seed, index, PURPOSE.times + 42);
  return fleetNow() - (isNew(seed, index) ? 3 + ((random >>> 8) % 25) : days) * DAY;
}

/** Whether a machine appeared within the last four weeks. The vendors see such machines every day. */
export const isNew = (seed: number, index: number): boolean => hash(seed, index, PURPOSE.times + 42) % 50 === 0;

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
