import { number } from './number.js';

/** `14:05:10` in the process's time zone; with the date in front when it is not today. */
export function clock(time: Date, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const of = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  if (time.toDateString() === now.toDateString()) return of;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${of}`;
}

/** `2026-11-21 02:00 UTC` */
export const minute = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** `45 s`, `3 min`, `2.5 h`, `12 days`. */
export function roughDuration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 360) / 10} h`;
  return `${number(Math.round(seconds / 86_400))} days`;
}
