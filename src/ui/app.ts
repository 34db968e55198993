import { Hono } from 'hono';
import type { Store } from '../store/database.js';
import { addAssets } from './assets.js';
import { troubleOf } from './troubles.js';
import { headers, noStore, ownName, ownPolicy, ownSite, readsOnly } from './guards.js';
import { addHealth } from './health.js';
import type { TemporalPlace } from './links.js';
import { addLogin } from './login.js';
import type { Variables } from './page.js';
import { addPlaces } from './places.js';
import { refusal } from './refusal.js';

export interface UiOptions {
  store: Store;
  /** What a visitor has to show; without it everybody who reaches the page is let in. */
  token?: string;
  temporal: TemporalPlace;
  /** Folder of the reports. */
  reportDir: string;
  /** Whether rows of this source may be shown as they were received. */
  mayShow: (source: string) => boolean;
  /** Told of what went wrong and was not foreseen. */
  onError: (error: unknown) => void;
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
  if (options.token !== undefined) addLogin(app, options.token);
  addPlaces(app, options);
  app.notFound((c) => refusal(c, 404, 'There is nothing here'));
  app.onError((error, c) => {
    const { status, what, remedy, foreseen } = troubleOf(error);
    if (!foreseen) options.onError(error);
    return refusal(c, status, what, remedy);
  });
  return app;
}
