import { Failure } from '../../model/failure.js';
import type { Auth } from './auth/auth.js';
import { exchange, type Answer, type TransportLimits } from './exchange.js';
import { observed } from './observe.js';
import { buildRequest, place, type RequestTemplate } from './request.js';
import { keepsTls, targetOf } from './target.js';

/** Where a source may be sent by its vendor. Without it every redirect is refused. */
export interface RedirectPolicy {
  /** `host` or `host:port`; nothing else is followed. */
  hosts: () => string[];
  /** A header that names the region, for answers without `Location`. */
  regionHeader?: string;
  /** Host of each region. */
  regions?: Record<string, string>;
}

interface SessionOptions {
  /** The source's name, for who measures. */
  source?: string;
  base: string;
  auth: Auth;
  headers: Record<string, string>;
  limits: TransportLimits;
  redirects?: RedirectPolicy;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_MOVES = 3;

/** Requests to one vendor: adds authentication, renews it once after a 401, and moves to another region when that is allowed. */
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

  /** What happened since it was last asked that a user should hear about. */
  takeWarnings(): string[] {
    return this.#warnings.splice(0);
  }

  /** Throws `Failure` when there is no whole answer, for a refused redirect, or when authentication fails on its way. */
  async send(template: RequestTemplate, signal: AbortSignal): Promise<Answer> {
    const { auth } = this.#options;
    let renewed = false;
    for (let moves = 0; ;) {
      const proof = await auth.headers(this.#forAuth(), signal);
      const answer = await this.#once(this.#target(template), template, proof, signal);
      if (REDIRECTS.has(answer.status)) {
        this.#move(answer, ++moves);
        continue;
      }
      if (answer.status === 401 && !renewed && auth.renew?.(proof)) {
        renewed = true;
        continue;
      }
      return answer;
    }
  }

  /** Asked anew for each try: a move changes the base. */
  #target({ path }: RequestTemplate): URL {
    return targetOf(path, { base: this.base, hosts: this.#options.redirects?.hosts() ?? [] });
  }

  async #once(target: URL, template: RequestTemplate, proof: Record<string, string>, signal: AbortSignal) {
    const headers = { 'user-agent': 'rollcall', ...this.#options.headers, ...proof };
    const request = buildRequest(target, template, headers);
    const { source = '', limits } = this.#options;
    return observed(source, signal, () => exchange(request, limits, signal));
  }

  #forAuth() {
    const { signal } = new AbortController();
    const send = async (template: RequestTemplate): Promise<Answer> => {
      for (let moves = 0; ;) {
        const answer = await this.#once(this.#target(template), template, {}, signal);
        if (!REDIRECTS.has(answer.status)) return answer;
        this.#move(answer, ++moves);
      }
    };
    const sendTo = async (url: URL, template: Omit<RequestTemplate, 'path'>): Promise<Answer> => {
      if (!keepsTls(this.base, url) && this.base.protocol === 'https:')
        throw new Failure('address-refused', `The login was not sent: ${url.host} is to be asked without TLS`, {
          at: url.host,
          remedy: 'Give the url of clientCredentials in the source file with https',
        });
      const answer = await this.#once(url, { ...template, path: url.pathname }, {}, signal);
      if (!REDIRECTS.has(answer.status)) return answer;
      throw refusedRedirect(answer, 'leads elsewhere, where no login is sent');
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

  /** Takes the answer's new origin as base, or throws: secrets go to listed hosts only, and never from https to http. */
  #move(answer: Answer, moves: number): void {
    const refuse = (why: string) => {
      throw refusedRedirect(answer, why);
    };
    const target = this.#redirectOf(answer);
    if (!target) return refuse('does not say where to go');
    if (target.origin === answer.url.origin) return refuse('leads to another page of the same host');
    if (!this.#options.redirects?.hosts().includes(target.host))
      return refuse(`leads to ${target.host}, which is not an allowed host`);
    if (!keepsTls(answer.url, target)) return refuse(`leads to ${target.host} without TLS`);
    if (moves > MOST_MOVES) return refuse('leads from host to host without an end');
    const moved = new URL(this.base.pathname, target.origin);
    if (moved.href !== this.base.href) {
      this.#warnings.push(`${this.base.host} sends this account to ${moved.host}: set that as the base URL`);
      this.#base = moved;
    }
  }

  #redirectOf(answer: Answer): URL | undefined {
    const { regionHeader, regions } = this.#options.redirects ?? {};
    const location = answer.headers.get('location');
    if (location !== null) return URL.canParse(location, answer.url.href) ? new URL(location, answer.url) : undefined;
    const host = regions?.[(regionHeader && answer.headers.get(regionHeader)) ?? ''];
    return host === undefined ? undefined : new URL(`https://${host}`);
  }
}

function refusedRedirect({ method, url, status }: Answer, why: string): Failure {
  const at = place(url);
  return new Failure('redirect-refused', `${method} ${at} answered ${status} and ${why}`, { at, status });
}

function parseBase(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new Failure('settings-invalid', 'The base URL of the source is missing or malformed');
}
