import { Failure } from '../../model/failure.js';

/** The hosts that a source declared, which are all that it may be asked at. */
export interface Declared {
  base: URL;
  /** `host` or `host:port` of `redirects.hosts`. */
  hosts: readonly string[];
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a request may go from one URL to another without losing TLS: plain HTTP is for this machine alone. */
export function keepsTls(from: URL, to: URL): boolean {
  if (to.protocol === 'https:') return true;
  return to.protocol === 'http:' && LOOPBACK.test(to.hostname) && LOOPBACK.test(from.hostname);
}

/**
 * Where a request goes: a path below the base URL, or a whole URL on a declared host, as vendors give for the next page.
 * Throws `Failure('address-refused')` before anything is sent; its message names the host and never the query.
 */
export function targetOf(path: string, { base, hosts }: Declared): URL {
  const refuse = (why: string): never => {
    throw new Failure('address-refused', `A request of the source was not sent: it ${why}`, {
      at: base.host,
      remedy: `Correct the path in the source file; a further host belongs into its redirects.hosts, that of a login into the url of clientCredentials`,
    });
  };
  const [before = ''] = path.split(/[?#]/);
  // URL parsers drop some of these and take others for a slash.
  if (/\p{Cc}/u.test(path) || before.includes('\\')) return refuse('holds characters that no path has');
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return wholeUrl(path, { base, hosts }, refuse);
  if (path === '') return base;
  if (!path.startsWith('/')) return refuse('has a path without a leading slash');
  const root = base.pathname.replace(/\/+$/, '');
  // A path that begins with two slashes is a host to a URL parser.
  const url = path.startsWith('//') ? new URL(path, base) : new URL(root + path, base);
  if (url.origin !== base.origin || path.startsWith('//')) return refuse(`leads to ${url.host}, which is not declared`);
  if (!url.pathname.startsWith(`${root}/`)) return refuse('leads out of the path of the base URL');
  return url;
}

function wholeUrl(text: string, { base, hosts }: Declared, refuse: (why: string) => never): URL {
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return refuse('is no http(s) URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return refuse('has a user or password in its URL');
  if (url.origin === base.origin) return url;
  if (url.hostname === base.hostname && url.port === base.port) return refuse(`leads to ${url.host} without TLS`);
  if (!hosts.includes(url.host)) return refuse(`leads to ${url.host}, which is not declared`);
  return keepsTls(base, url) ? url : refuse(`leads to ${url.host} without TLS`);
}
