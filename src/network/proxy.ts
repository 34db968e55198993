import { Failure } from '../model/failure.js';
import { bare, HostList } from './host-list.js';

type Environment = Record<string, string | undefined>;

/**
 * The proxy for a URL, from `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, where the lower-case name of a variable takes
 * precedence; `undefined` for none. Requests to the local machine use no proxy. Throws `Failure('settings-invalid')`, never
 * with the proxy's password.
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const variable = url.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const text = valueOf(environment, variable);
  if (text === undefined || LOCAL_HOSTS.hasHost(url.hostname)) return undefined;
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  if (noProxy(environment).hasHost(bare(url.hostname), port)) return undefined;
  return proxyUrl(variable, text);
}

/** Throws `Failure('settings-invalid')` for an invalid variable. */
export function checkProxies(environment: Environment): void {
  for (const variable of ['HTTPS_PROXY', 'HTTP_PROXY']) {
    const text = valueOf(environment, variable);
    if (text !== undefined) proxyUrl(variable, text);
  }
  noProxy(environment);
}

/** `user:password` of a proxy, decoded; `undefined` without a user. */
export function proxyCredentials(proxy: URL): string | undefined {
  if (proxy.username === '') return undefined;
  return `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
}

const LOCAL_HOSTS = HostList.of(['localhost', '.localhost', '127.0.0.0/8', '::1']);

const valueOf = (environment: Environment, variable: string): string | undefined =>
  (environment[variable.toLowerCase()] || environment[variable])?.trim() || undefined;

function noProxy(environment: Environment): HostList {
  const text = valueOf(environment, 'NO_PROXY') ?? '';
  try {
    // A name also matches its subdomains, as in curl, Go and Python.
    const entries = text.split(/[\s,]+/).filter(Boolean);
    return HostList.of(entries.flatMap((entry) => (isName(entry) ? [entry, `.${entry}`] : [entry])));
  } catch (error) {
    throw new Failure('settings-invalid', `NO_PROXY: ${(error as Error).message}`, {
      remedy: 'Give names, .suffixes, addresses and networks, separated by commas',
    });
  }
}

const isName = (entry: string) => /[a-z_]/i.test(entry) && !/^[*.[]|:.*:/.test(entry);

function proxyUrl(variable: string, text: string): URL {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const credentials = /^(?:[^%]|%[0-9a-f]{2})*$/i.test(`${url?.username}${url?.password}`);
  if (url && credentials && /^https?:$/.test(url.protocol) && url.hostname !== '') return url;
  throw new Failure('settings-invalid', `${variable} is not the URL of an HTTP proxy`, {
    remedy: `Set ${variable} to http://host:port`,
  });
}
