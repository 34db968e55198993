import type { UiOptions } from './options.js';
import type { IncomingMessage } from 'node:http';
import { Hono, type Context } from 'hono';
import { addAssets } from './assets.js';
import { troubleOf } from './error-mapping.js';
import { headers, noStore, ownName, ownPolicy, ownSite, readsOnly } from './sign-in/guards.js';
import { addHealth } from './health.js';
import { addLogin } from './sign-in/login.js';
import type { Variables } from './pages/page.js';
import { addPlaces } from './routes.js';
import { refusal } from './sign-in/refusal.js';

/** Whether the visitor closed the connection before the request had come whole. */
function wentAway(c: Context): boolean {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  return c.req.raw.signal.aborted || (incoming !== undefined && incoming.destroyed && !incoming.complete);
}

/** The page, from the guards at its door to its places. */
export function createApp(options: UiOptions): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  app.use(ownPolicy, headers, noStore);
  addHealth(app, options.store);
  app.use(readsOnly, ownSite);
  // With a token, a foreign name gets no further than the login.
  if (options.token === undefined) app.use(ownName);
  addAssets(app);
  if (options.token !== undefined) addLogin(app, options.token, options.proxies);
  addPlaces(app, options);
  app.notFound((c) => refusal(c, 404, 'There is nothing here'));
  app.onError((error, c) => {
    const { status, what, remedy, foreseen } = troubleOf(error);
    // Nobody is there any more to be answered, and nothing is wrong here.
    if (!foreseen && !wentAway(c)) options.onError(error);
    return refusal(c, status, what, remedy);
  });
  return app;
}
