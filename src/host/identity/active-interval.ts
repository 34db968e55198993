import type { Device } from '../types.js';

export const DAY = 86_400_000;
const WEEK = 7 * DAY;

/**
 * The interval in which a machine was active according to a record, epoch milliseconds. It is unbounded on a side for which
 * the record has no time.
 */
export interface ActiveInterval {
  from: number;
  to: number;
}

/**
 * The week in which a machine was last seen, counted from 1970. Resolution reads `last_seen_time` with this precision, so a
 * record whose only change is a new `last_seen_time` has no effect until its week changes. The store then marks the record
 * as changed.
 */
export function lastSeenWeek(lastSeen: Date): number {
  return Math.floor(lastSeen.getTime() / WEEK);
}

/** Computes the interval only from `first_seen_time` and the week of `last_seen_time`. */
export function activeIntervalOf({ first_seen_time: first, last_seen_time: last }: Device): ActiveInterval {
  const from = first ? first.getTime() : -Infinity;
  return { from, to: last ? Math.max(from, lastSeenWeek(last) * WEEK) : Infinity };
}

/** Days between the end of one interval and the start of the other; negative if they overlap. */
export function gapDays(a: ActiveInterval, b: ActiveInterval): number {
  return (Math.max(a.from, b.from) - Math.min(a.to, b.to)) / DAY;
}

/**
 * Whether both machines were certainly active at the same time: the overlap exceeds clock skew and the delay of listings.
 * Rounding to weeks can only change `true` to `false`.
 */
export function surelyTogether(a: ActiveInterval, b: ActiveInterval): boolean {
  return gapDays(a, b) < -2;
}

/**
 * Whether both machines may have been active at the same time: the intervals overlap, or both records were last seen in the
 * same week. If a machine takes over the name of another machine, its interval starts after the other interval ended, so
 * the two are distinguished when the new machine is seen a week later.
 */
export function maybeTogether(a: ActiveInterval, b: ActiveInterval): boolean {
  return gapDays(a, b) < 0 || Math.floor(a.to / WEEK) === Math.floor(b.to / WEEK);
}
