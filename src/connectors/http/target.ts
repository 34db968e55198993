import { Failure } from '../../model/failure.js';

/** Hosts that a source declares. Requests are sent to no other host. */
export interface DeclaredHosts {
  base: URL;
  /** `host` or `host:port` of `redirects.hosts`. */
  hosts: readonly string[];
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether a request may go from one URL to another without losing TLS. Plain HTTP is allowed on the local machine only. */
export function keepsTls(from: URL, to: URL): boolean {
  if (to.protocol === 'https:') return true;
  return to.protocol === 'http:' && LOOPBACK.test(to.hostname) && LOOPBACK.test(from.hostname);
}

/**
 * Resolves the URL of a request: a path below the base URL, or a whole URL on a declared host, which vendors return for the
 * next page. Throws `Failure('address-refused')` before a request is sent. The message names the host and never the query.
 */
export function targetOf(path: string, { base, hosts }: DeclaredHosts): URL {
  const reject = (why: string): never => {
    throw new Failure('address-refused', `A request of the source was not sent: it ${why}`, {
      at: base.host,
      remedy: `Correct the path in the source file; add a further host to redirects.hosts, and set the host of a login in the url of clientCredentials`,
    });
  };
  const [before = ''] = path.split(/[?#]/);
  // URL parsers drop some of these characters and read others as a slash.
  if (/\p{Cc}/u.test(path) || before.includes('\\')) return reject('contains characters that a path cannot have');
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return wholeUrl(path, { base, hosts }, reject);
  if (path === '') return base;
  if (!path.startsWith('/')) return reject('has a path without a leading slash');
  const root = base.pathname.replace(/\/+$/, '');
  // URL parsers read a path that begins with two slashes as a host.
  const url = path.startsWith('//') ? new URL(path, base) : new URL(root + path, base);
  if (url.origin !== base.origin || path.startsWith('//')) return reject(`leads to ${url.host}, which is not declared`);
  if (!url.pathname.startsWith(`${root}/`)) return reject('leads out of the path of the base URL');
  return url;
}

function wholeUrl(text: string, { base, hosts }: DeclaredHosts, reject: (why: string) => never): URL {
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return reject('is not an http(s) URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return reject('has a user or password in its URL');
  if (url.origin === base.origin) return url;
  if (url.hostname === base.hostname && url.port === base.port) return reject(`leads to ${url.host} without TLS`);
  if (!hosts.includes(url.host)) return reject(`leads to ${url.host}, which is not declared`);
  return keepsTls(base, url) ? url : reject(`leads to ${url.host} without TLS`);
}
