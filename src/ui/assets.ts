import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';
import type { Variables } from './pages/page.js';

interface Asset {
  type: string;
  /** The header `Cache-Control`. Default: `no-cache`, so that browsers revalidate the file at each use. */
  caching?: string;
  /** The source files, in order. */
  of?: readonly string[];
}

const STYLE = ['base', 'search', 'tables', 'host', 'places', 'last'].map((name) => `style/${name}.css`);
const ASSETS: Readonly<Record<string, Asset>> = {
  'style.css': { type: 'text/css; charset=utf-8', of: STYLE },
  'search.js': { type: 'text/javascript; charset=utf-8' },
  // Browsers may use the icon for a day without revalidation.
  'icon.svg': { type: 'image/svg+xml', caching: 'max-age=86400' },
};

/** Serves style, script and icon from memory. */
export function addAssets(app: Hono<{ Variables: Variables }>): void {
  for (const [name, { type, caching = 'no-cache', of = [name] }] of Object.entries(ASSETS)) {
    const body = Buffer.concat(of.map((file) => readFileSync(join(__dirname, 'assets', file))));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    app.get(`/assets/${name}`, (c) => {
      c.header('Cache-Control', caching);
      c.header('ETag', etag);
      if (c.req.header('if-none-match') === etag) return c.body(null, 304);
      return c.body(body, 200, { 'Content-Type': type });
    });
  }
}
