import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Markup whose values are escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const UNITS: readonly [unit: Intl.RelativeTimeFormatUnit, ms: number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
const relative = new Intl.RelativeTimeFormat('en', { style: 'short', numeric: 'always' });

/** `3 min. ago`, `in 2 hr.`; rounded towards now. */
export function ago(time: Date, now = Date.now()): string {
  const distance = time.getTime() - now;
  for (const [unit, ms] of UNITS)
    if (Math.abs(distance) >= ms) return relative.format(Math.trunc(distance / ms), unit).replace('.', '');
  return 'just now';
}

/** A time relative to now, with the exact time in its tooltip. */
export const when = (time: Date | undefined): Html =>
  time === undefined
    ? html`<span class="none">unknown</span>`
    : html`<time datetime="${time.toISOString()}" title="${exactly(time)}">${ago(time)}</time>`;

/** `2026-03-02 04:15:31 UTC` */
export const exactly = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export const count = (value: number): string => value.toLocaleString('en-US');

/** `1 host`, `2,000 hosts` */
export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : plural}`;

/** Shortens long texts: they come from machines that anybody may name, and must not fill the page. */
export const clip = (text: string, most = 200): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** `1.4 s`, `3 min 20 s` */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const SYMBOLS: Readonly<Record<string, [symbol: string, tone: string]>> = {
  complete: ['✓', 'good'],
  completed: ['✓', 'good'],
  fresh: ['✓', 'good'],
  running: ['↻', 'busy'],
  collecting: ['↻', 'busy'],
  busy: ['↻', 'busy'],
  partial: ['◐', 'warn'],
  parked: ['‖', 'warn'],
  cancelled: ['–', 'warn'],
  retired: ['–', 'warn'],
  failed: ['✕', 'bad'],
};

/** A state as symbol and word, because colour alone is not accessible. */
export function badge(status: string): Html {
  const [symbol, tone] = SYMBOLS[status] ?? ['·', 'busy'];
  return html`<span class="badge ${tone}"><span aria-hidden="true">${symbol}</span> ${status}</span>`;
}
