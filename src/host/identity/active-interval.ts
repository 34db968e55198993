import type { Device } from '../types.js';

export const DAY = 86_400_000;
const WEEK = 7 * DAY;

/** The span in which a record says that its machine was alive; without times it is taken to have been all along. */
export interface ActiveInterval {
  from: number;
  to: number;
}

/**
 * The week in which a machine was last seen, counted from 1970. Resolution knows `last_seen_time` no finer: a record that
 * only checks in again changes nothing until its week does, and the store marks it changed then.
 */
export function lastSeenWeek(lastSeen: Date): number {
  return Math.floor(lastSeen.getTime() / WEEK);
}

/** Made of the two times that resolution knows, `first_seen_time` and the week of `last_seen_time`, and of nothing else. */
export function activeIntervalOf({ first_seen_time: first, last_seen_time: last }: Device): ActiveInterval {
  const from = first ? first.getTime() : -Infinity;
  return { from, to: last ? Math.max(from, lastSeenWeek(last) * WEEK) : Infinity };
}

/** Days between the end of one life and the start of the other; negative where they overlap. */
export function gapDays(a: ActiveInterval, b: ActiveInterval): number {
  return (Math.max(a.from, b.from) - Math.min(a.to, b.to)) / DAY;
}

/** Alive at the same time for sure: longer than clocks and listings are late. Weeks are cut short, so it errs to `false`. */
export function surelyTogether(a: ActiveInterval, b: ActiveInterval): boolean {
  return gapDays(a, b) < -2;
}

/**
 * Alive at the same time as far as weeks can tell: their lives overlap, or both were last seen in the same week. A machine
 * that takes over another's name starts after that one ended, so once it is seen a week later the two are told apart.
 */
export function maybeTogether(a: ActiveInterval, b: ActiveInterval): boolean {
  return gapDays(a, b) < 0 || Math.floor(a.to / WEEK) === Math.floor(b.to / WEEK);
}
