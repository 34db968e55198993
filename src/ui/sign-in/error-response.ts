import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { html } from 'hono/html';
import { page } from '../pages/page.js';

/** Whether the client is a program that expects JSON. */
export const wantsJson = (c: Context): boolean => c.req.path.startsWith('/api/') || c.req.path.endsWith('.json');

/** Responds with an error and its remedy: as a page, or as JSON for a program. */
export function errorResponse(
  c: Context,
  status: ContentfulStatusCode,
  what: string,
  remedy?: string,
): Response | Promise<Response> {
  if (wantsJson(c)) return c.json({ error: what, ...(remedy ? { remedy } : {}) }, status);
  const body = html`<section class="notice">
    <h1>${what}</h1>
    ${remedy ? html`<p>${remedy}</p>` : ''}
    <p><a href="/">To the hosts</a></p>
  </section>`;
  return page(c, { title: what, body, bare: status === 421 || status === 403 }, status);
}
