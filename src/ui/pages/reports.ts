import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Context } from 'hono';
import { html } from 'hono/html';
import { counted } from '../../format/number.js';
import type { Html } from '../format.js';
import type { Variables } from './page.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** File and folder names of a report; none begins with a dot. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,100}$/;
const MOST_BYTES = 64 * 1024 * 1024;
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.csv': 'text/csv; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * The Content-Security-Policy of a report: allows the styles in the report, and forbids all scripts, whatever the report
 * contains. The report keeps the origin of the page (`allow-same-origin`), because browsers would otherwise not send the cookie
 * when the user follows a link to one of its files.
 */
const SCRIPTLESS = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'sandbox allow-same-origin allow-downloads allow-popups',
].join('; ');

/** The days that have a report, the newest first. */
export async function reportDays(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  const days = entries.filter((entry) => entry.isDirectory() && DAY.test(entry.name)).map(({ name }) => name);
  return days.sort().reverse();
}

/** Responds with a file of a report: `2026-03-02/index.html`. Returns `undefined` if it does not exist or is outside the folder. */
export async function reportFile(
  c: Context<{ Variables: Variables }>,
  dir: string,
  path: string,
): Promise<Response | undefined> {
  const [day = '', ...names] = path.split('/');
  if (names.length === 0 || names.at(-1) === '') names.splice(Math.max(0, names.length - 1), 1, 'index.html');
  if (!DAY.test(day) || names.length > 3 || !names.every((name) => NAME.test(name))) return undefined;
  const type = TYPES[extname(names.at(-1)!)];
  if (type === undefined) return undefined;
  try {
    // A symbolic link may lead out of the folder.
    const file = await realpath(join(dir, day, ...names));
    if (!file.startsWith((await realpath(dir)) + sep) || (await stat(file)).size > MOST_BYTES) return undefined;
    const bytes = await readFile(file);
    c.set('policy', SCRIPTLESS);
    return c.body(bytes, 200, { 'Content-Type': type });
  } catch {
    return undefined;
  }
}

/** The list of reports. */
export const reportsPage = (days: readonly string[]): Html => html`
  <h1>Reports</h1>
  ${
    days.length === 0
      ? html`<section class="notice">
          <h2>There is no report yet</h2>
          <p>Write one with <code>npm run rollcall -- report</code>.</p>
        </section>`
      : html`<p class="lead">${counted(days.length, 'report')}, charts and lists included.</p>
          <ul class="days">
            ${days
              .slice(0, 400)
              .map(
                (day, at) =>
                  html`<li>
                    <a href="/reports/${day}/">${day}</a> ${at === 0 ? html`<span class="pill">newest</span>` : ''}
                  </li>`,
              )}
          </ul>`
  }
`;
