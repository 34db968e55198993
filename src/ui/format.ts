import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { ago } from '../format/ago.js';

/** Markup whose values are escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A time relative to now, with the exact time in its tooltip. */
export const when = (time: Date | undefined): Html =>
  time === undefined
    ? html`<span class="none">unknown</span>`
    : html`<time datetime="${time.toISOString()}" title="${exactly(time)}">${ago(time)}</time>`;

/** `2026-03-02 04:15:31 UTC` */
export const exactly = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/**
 * Shortens long texts: they come from records, where any owner of a machine may choose a name, and they must not fill the page.
 */
export const clip = (text: string, most = 200): string => (text.length > most ? `${text.slice(0, most)}…` : text);

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

/** A state as symbol and text, because colour alone is not accessible. */
export function badge(status: string): Html {
  const [symbol, tone] = SYMBOLS[status] ?? ['·', 'busy'];
  return html`<span class="badge ${tone}"><span aria-hidden="true">${symbol}</span> ${status}</span>`;
}
