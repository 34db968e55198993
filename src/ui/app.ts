import type { UiOptions } from './options.js';
import type { IncomingMessage } from 'node:http';
import { Hono, type Context } from 'hono';
import { addAssets } from './assets.js';
import { describeError } from './error-mapping.js';
import { headers, noStore, ownName, ownPolicy, ownSite, readsOnly } from './sign-in/guards.js';
import { addHealth } from './health.js';
import { addLogin } from './sign-in/login.js';
import type { Variables } from './pages/page.js';
import { addRoutes } from './routes.js';
import { errorResponse } from './sign-in/error-response.js';

/** Whether the client closed the connection before its request was complete. */
function isDisconnected(c: Context): boolean {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  return c.req.raw.signal.aborted || (incoming !== undefined && incoming.destroyed && !incoming.complete);
}

/** Builds the app: guards, login, routes and error pages. */
export function createApp(options: UiOptions): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  app.use(ownPolicy, headers, noStore);
  addHealth(app, options.store);
  app.use(readsOnly, ownSite);
  // With a token, any host name may be used, because only the login is public.
  if (options.token === undefined) app.use(ownName);
  addAssets(app);
  if (options.token !== undefined) addLogin(app, options.token, options.proxies);
  addRoutes(app, options);
  app.notFound((c) => errorResponse(c, 404, 'This page does not exist'));
  app.onError((error, c) => {
    const { status, what, remedy, foreseen } = describeError(error);
    // A closed connection is no error, and its client gets no response.
    if (!foreseen && !isDisconnected(c)) options.onError(error);
    return errorResponse(c, status, what, remedy);
  });
  return app;
}
