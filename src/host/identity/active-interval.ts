import type { Device } from '../types.js';

export const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** The span in which a record proves that its machine was alive; unbounded where the record has no time. */
export interface ActiveInterval {
  from: number;
  to: number;
}

/**
 * The week in which a machine was last seen, counted from 1970. Resolution reads `last_seen_time` with this precision, so a
 * record that only checks in again changes nothing until its week changes; the store then marks it changed.
 */
export function lastSeenWeek(lastSeen: Date): number {
  return Math.floor(lastSeen.getTime() / WEEK);
}

/** Computed only from `first_seen_time` and the week of `last_seen_time`. */
export function activeIntervalOf({ first_seen_time: first, last_seen_time: last }: Device): ActiveInterval {
  const from = first ? first.getTime() : -Infinity;
  return { from, to: last ? Math.max(from, lastSeenWeek(last) * WEEK) : Infinity };
}

/** Days between the end of one interval and the start of the other; negative where they overlap. */
export function gapDays(a: ActiveInterval, b: ActiveInterval): number {
  return (Math.max(a.from, b.from) - Math.min(a.to, b.to)) / DAY;
}

/** Certainly alive at the same time: the overlap exceeds clock skew and the delay of listings. Rounding to weeks errs to `false`. */
export function surelyTogether(a: ActiveInterval, b: ActiveInterval): boolean {
  return gapDays(a, b) < -2;
}

/**
 * Possibly alive at the same time: the intervals overlap, or both records were last seen in the same week. A machine that takes
 * over another one's name starts after that one ended, so the two are distinguished once it is seen a week later.
 */
export function maybeTogether(a: ActiveInterval, b: ActiveInterval): boolean {
  return gapDays(a, b) < 0 || Math.floor(a.to / WEEK) === Math.floor(b.to / WEEK);
}
