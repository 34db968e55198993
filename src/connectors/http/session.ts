import { Failure } from '../../model/failure.js';
import type { Auth } from './auth/auth.js';
import { exchange, type HttpResponse, type TransportLimits } from './exchange.js';
import { observed } from './observe.js';
import { buildRequest, redactedUrl, type RequestTemplate } from './request.js';
import { keepsTls, targetOf } from './target.js';

/** Redirects that a source allows. Without a policy, every redirect fails. */
export interface RedirectPolicy {
  /** Allowed hosts, `host` or `host:port`. */
  hosts: () => string[];
  /** A header that names the region, for redirects without `Location`. */
  regionHeader?: string;
  /** Host by region. */
  regions?: Record<string, string>;
}

interface SessionOptions {
  /** The source's name, for metrics. */
  source?: string;
  base: string;
  auth: Auth;
  headers: Record<string, string>;
  limits: TransportLimits;
  redirects?: RedirectPolicy;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_MOVES = 3;

/**
 * Sends requests to one vendor: adds authentication, renews it once after a 401, and follows allowed redirects to another
 * region.
 */
export class Session {
  readonly #options: SessionOptions;
  #base: URL | undefined;
  #warnings: string[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get base(): URL {
    return (this.#base ??= parseBase(this.#options.base));
  }

  /** Warnings for the user since the last call. */
  takeWarnings(): string[] {
    return this.#warnings.splice(0);
  }

  /** Throws `Failure` if there is no complete response, if a redirect is not allowed, or if authentication fails. */
  async send(template: RequestTemplate, signal: AbortSignal): Promise<HttpResponse> {
    const { auth } = this.#options;
    let renewed = false;
    for (let moves = 0; ;) {
      const authHeaders = await auth.headers(this.#forAuth(), signal);
      const response = await this.#once(this.#target(template), template, authHeaders, signal);
      if (REDIRECTS.has(response.status)) {
        this.#move(response, ++moves);
        continue;
      }
      if (response.status === 401 && !renewed && auth.renew?.(authHeaders)) {
        renewed = true;
        continue;
      }
      return response;
    }
  }

  /** The target is resolved for each try, because a redirect changes the base. */
  #target({ path }: RequestTemplate): URL {
    return targetOf(path, { base: this.base, hosts: this.#options.redirects?.hosts() ?? [] });
  }

  async #once(target: URL, template: RequestTemplate, authHeaders: Record<string, string>, signal: AbortSignal) {
    const headers = { 'user-agent': 'rollcall', ...this.#options.headers, ...authHeaders };
    const request = buildRequest(target, template, headers);
    const { source = '', limits } = this.#options;
    return observed(source, signal, () => exchange(request, limits, signal));
  }

  #forAuth() {
    const { signal } = new AbortController();
    const send = async (template: RequestTemplate): Promise<HttpResponse> => {
      for (let moves = 0; ;) {
        const response = await this.#once(this.#target(template), template, {}, signal);
        if (!REDIRECTS.has(response.status)) return response;
        this.#move(response, ++moves);
      }
    };
    const sendTo = async (url: URL, template: Omit<RequestTemplate, 'path'>): Promise<HttpResponse> => {
      if (!keepsTls(this.base, url) && this.base.protocol === 'https:')
        throw new Failure('address-refused', `The login was not sent: the URL of ${url.host} has no TLS`, {
          at: url.host,
          remedy: 'Give the url of clientCredentials in the source file with https',
        });
      const response = await this.#once(url, { ...template, path: url.pathname }, {}, signal);
      if (!REDIRECTS.has(response.status)) return response;
      throw redirectRefused(response, 'redirects to another address; the login is not sent there');
    };
    const base = () => this.base;
    return {
      send,
      sendTo,
      get base() {
        return base();
      },
    };
  }

  /**
   * Takes the redirect's origin as the new base. Throws if the redirect is not allowed: credentials are sent to listed
   * hosts only, and never after a change from https to http.
   */
  #move(response: HttpResponse, moves: number): void {
    const reject = (why: string) => {
      throw redirectRefused(response, why);
    };
    const target = this.#redirectOf(response);
    if (!target) return reject('names no valid target');
    if (target.origin === response.url.origin) return reject('leads to another page of the same host');
    if (!this.#options.redirects?.hosts().includes(target.host))
      return reject(`leads to ${target.host}, which is not an allowed host`);
    if (!keepsTls(response.url, target)) return reject(`leads to ${target.host} without TLS`);
    if (moves > MOST_MOVES) return reject('redirects too often');
    const moved = new URL(this.base.pathname, target.origin);
    if (moved.href !== this.base.href) {
      this.#warnings.push(
        `${this.base.host} redirects this account to ${moved.host}: set ${moved.host} as the base URL`,
      );
      this.#base = moved;
    }
  }

  #redirectOf(response: HttpResponse): URL | undefined {
    const { regionHeader, regions } = this.#options.redirects ?? {};
    const location = response.headers.get('location');
    if (location !== null)
      return URL.canParse(location, response.url.href) ? new URL(location, response.url) : undefined;
    const host = regions?.[(regionHeader && response.headers.get(regionHeader)) ?? ''];
    return host === undefined ? undefined : new URL(`https://${host}`);
  }
}

function redirectRefused({ method, url, status }: HttpResponse, why: string): Failure {
  const at = redactedUrl(url);
  return new Failure('redirect-refused', `${method} ${at} responded ${status} and ${why}`, { at, status });
}

function parseBase(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new Failure('settings-invalid', 'The base URL of the source is missing or malformed');
}
