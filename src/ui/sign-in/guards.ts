import type { Context, MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { isLoopback } from '../bind.js';
import type { Variables } from '../pages/page.js';
import { errorResponse } from './error-response.js';

/** Security headers of every response. Scripts, styles and requests are limited to our own files. */
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
  // With "no-referrer", browsers would send our own forms with the origin "null".
  referrerPolicy: 'same-origin',
  // Strict-Transport-Security is left to the proxy that terminates TLS.
  strictTransportSecurity: false,
  permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
});

/** Lets a response replace the policy. Must be registered before `headers`. */
export const ownPolicy: MiddlewareHandler<{ Variables: Variables }> = async (c, next) => {
  await next();
  const policy = c.get('policy');
  if (policy !== undefined) c.res.headers.set('Content-Security-Policy', policy);
};

/** Forbids browsers and proxies to cache responses with data of the inventory. */
export const noStore: MiddlewareHandler = async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.header('Cache-Control', 'no-store');
};

/** Rejects all methods except GET and HEAD, and except the POST requests for login and logout. */
export const readsOnly: MiddlewareHandler = async (c, next) => {
  const posts = c.req.method === 'POST' && (c.req.path === '/login' || c.req.path === '/logout');
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || posts) return next();
  c.header('Allow', 'GET, HEAD');
  return errorResponse(c, 405, 'This page is read-only');
};

/**
 * Rejects foreign host names on loopback. Otherwise another site could point its own name to this machine and read the pages
 * (DNS rebinding).
 */
export const ownName: MiddlewareHandler = async (c, next) => {
  const name = (c.req.header('host') ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(name)) return next();
  return errorResponse(
    c,
    421,
    'This page is served to this machine only',
    'Open it as http://127.0.0.1 or http://localhost',
  );
};

/**
 * Rejects requests from other sites, so that their scripts, frames and forms get no data. A link on another site that the user
 * follows is allowed.
 */
export const ownSite: MiddlewareHandler = async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  const link = c.req.method === 'GET' && c.req.header('sec-fetch-dest') === 'document';
  if ((foreign && !link) || !originFits(c)) return errorResponse(c, 403, 'Requests of other sites are not allowed');
  return next();
};

/**
 * Whether the header `Origin` of a POST request names this host. Only checked if the browser does not send `Sec-Fetch-Site`,
 * because a proxy in front of the page may have changed the host.
 */
function originFits(c: Context): boolean {
  const origin = c.req.header('origin');
  if (c.req.method !== 'POST' || origin === undefined || c.req.header('sec-fetch-site') !== undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === c.req.header('host');
}
