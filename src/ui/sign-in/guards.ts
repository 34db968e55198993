import type { Context, MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { isLoopback } from '../bind.js';
import type { Variables } from '../pages/page.js';
import { refusal } from './refusal.js';

/** What every answer forbids the browser to do with it. Scripts, styles and requests are our own files only. */
export const headers: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  // With "no-referrer" browsers would send our own forms with the origin "null".
  referrerPolicy: 'same-origin',
  // Whether TLS is spoken for good is up to who speaks it.
  strictTransportSecurity: false,
  permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
});

/** A document of another kind says itself what it may do. Has to stand before `headers`. */
export const ownPolicy: MiddlewareHandler<{ Variables: Variables }> = async (c, next) => {
  await next();
  const policy = c.get('policy');
  if (policy !== undefined) c.res.headers.set('Content-Security-Policy', policy);
};

/** Nothing of an inventory stays in a browser's or a proxy's cache. */
export const noStore: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
};

/** This page reads. Only the token's form is posted. */
export const readsOnly: MiddlewareHandler = async (c, next) => {
  const posts = c.req.method === 'POST' && (c.req.path === '/login' || c.req.path === '/logout');
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || posts) return next();
  c.header('Allow', 'GET, HEAD');
  return refusal(c, 405, 'This page only reads');
};

/**
 * On loopback a site elsewhere could let its own name point to this machine and read along (DNS rebinding): only names of
 * this machine are answered to.
 */
export const ownName: MiddlewareHandler = async (c, next) => {
  const name = (c.req.header('host') ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(name)) return next();
  return refusal(c, 421, 'This page is served to this machine only', 'Open it as http://127.0.0.1 or http://localhost');
};

/** Another site may link here, and that is all: its scripts, frames and forms get nothing. */
export const ownSite: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  const link = c.req.method === 'GET' && c.req.header('sec-fetch-dest') === 'document';
  if ((foreign && !link) || !originFits(c)) return refusal(c, 403, 'Another site asked for this');
  return next();
};

/** For browsers that do not tell the site; a proxy in front may have changed the host. */
function originFits(c: Context): boolean {
  const origin = c.req.header('origin');
  if (c.req.method !== 'POST' || origin === undefined || c.req.header('sec-fetch-site') !== undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === c.req.header('host');
}
