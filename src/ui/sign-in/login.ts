import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { HostList } from '../../network/host-list.js';
import { clientAddress } from './client-address.js';
import { page, type Variables } from '../pages/page.js';
import { errorResponse, wantsJson } from './error-response.js';
import { Sessions } from './session.js';
import { Throttle } from './throttle.js';

const AGAIN = '<!doctype html><meta http-equiv="refresh" content="0"><title>Rollcall</title>';

/** Requires the token: the form exchanges the token for a cookie, and programs send it as a bearer token. */
export function addLogin(app: Hono<{ Variables: Variables }>, token: string, proxies: readonly string[] = []): void {
  const trusted = HostList.of(proxies);
  const sessions = new Sessions(token);
  const throttle = new Throttle();

  /** Accepts the right token at any time. After too many wrong tokens, a client must wait. */
  const tryToken = (c: Context, given: string): { fits: boolean; wait: number } => {
    if (sessions.isToken(given)) return { fits: true, wait: 0 };
    const { address: remote } = getConnInfo(c).remote;
    const from = clientAddress({ remote, forwarded: c.req.header('x-forwarded-for'), proxies: trusted });
    const wait = throttle.wait(from);
    if (wait === 0) throttle.failed(from);
    return { fits: false, wait };
  };
  const form = (c: Context, problem = '', status: 200 | 401 | 429 = 200) =>
    page(c, { title: 'Log in', body: loginForm(pathAfterLogin(c.req.query('next')), problem), bare: true }, status);
  const slow = (c: Context, wait: number) => {
    c.header('Retry-After', String(wait));
    return `Too many wrong tokens. Try again in ${wait} s`;
  };

  app.get('/login', (c) => form(c));
  app.post('/login', bodyLimit({ maxSize: 4_096 }), async (c) => {
    const { token: given } = await c.req.parseBody();
    const { fits, wait } = tryToken(c, typeof given === 'string' ? given.trim() : '');
    if (wait > 0) return form(c, slow(c, wait), 429);
    if (!fits) return form(c, 'Wrong token', 401);
    await sessions.open(c);
    return c.redirect(pathAfterLogin(c.req.query('next')), 303);
  });
  app.post('/logout', async (c) => {
    await sessions.end(c);
    return c.redirect('/login', 303);
  });

  const mayEnter: MiddlewareHandler<{ Variables: Variables }> = async (c, next) => {
    if (await sessions.isOpen(c)) {
      c.set('signedIn', true);
      return next();
    }
    const bearer = /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (bearer !== undefined) {
      const { fits, wait } = tryToken(c, bearer);
      if (fits) return next();
      if (wait > 0) return errorResponse(c, 429, slow(c, wait));
    }
    if (bearer === undefined && !wantsJson(c)) {
      // When the user follows a link from another site, browsers do not send a `SameSite=Strict` cookie. This page reloads
      // itself, and browsers send the cookie with the second request.
      if (c.req.header('sec-fetch-site') === 'cross-site') return c.html(AGAIN);
      const { pathname, search } = new URL(c.req.url);
      const next = pathname === '/' && !search ? '' : `?next=${encodeURIComponent(pathname + search)}`;
      return c.redirect(`/login${next}`, 303);
    }
    c.header('WWW-Authenticate', 'Bearer');
    return errorResponse(c, 401, 'The token is missing or wrong', 'Send Authorization: Bearer with ROLLCALL_UI_TOKEN');
  };
  app.use(mayEnter);
}

/** The path to open after the login: always a path on this server, whatever the parameter contains. */
export function pathAfterLogin(next: string | undefined): string {
  const here = 'http://here';
  if (next === undefined || !URL.canParse(next, here)) return '/';
  const url = new URL(next, here);
  return url.origin === here && !url.pathname.startsWith('//') ? url.pathname + url.search : '/';
}

const loginForm = (next: string, problem: string) => html`
  <form class="login" method="post" action="/login${next === '/' ? '' : `?next=${encodeURIComponent(next)}`}">
    <h1>Log in</h1>
    <label for="token">Token</label>
    <input
      id="token"
      name="token"
      type="password"
      autocomplete="current-password"
      required
      autofocus
      ${problem ? html`aria-invalid="true" aria-describedby="problem"` : ''}
    />
    ${problem ? html`<p id="problem" class="problem" role="alert">${problem}</p>` : ''}
    <button type="submit">Log in</button>
    <p class="hint">It is the value of <code>ROLLCALL_UI_TOKEN</code> where this page is served.</p>
  </form>
`;
