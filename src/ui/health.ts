import type { Hono } from 'hono';
import type { Store } from '../store/database.js';
import type { Variables } from './pages/page.js';

const PATIENCE_MS = 2_000;

/**
 * Health checks: `/live` returns 200 while this process responds. `/ready` returns 200 if MongoDB responds as well, and 503 if
 * it does not. They disclose nothing else.
 */
export function addHealth(app: Hono<{ Variables: Variables }>, store: Store): void {
  app.get('/live', (c) => c.json({ status: 'live' }));
  app.get('/ready', async (c) => {
    const ready = await Promise.race([
      store.db.command({ ping: 1 }, { timeoutMS: PATIENCE_MS }).then(
        () => true,
        () => false,
      ),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PATIENCE_MS).unref()),
    ]);
    return ready
      ? c.json({ status: 'ready' })
      : c.json({ status: 'not ready', reason: 'MongoDB does not respond' }, 503);
  });
}
