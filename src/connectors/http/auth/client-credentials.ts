import { createHash } from 'node:crypto';
import { Failure } from '../../../model/failure.js';
import type { Auth, AuthSession } from './auth.js';
import type { HttpResponse } from '../exchange.js';
import { responseError, type ErrorResponseRule } from '../errors/response-error.js';
import { redactedUrl } from '../request.js';

/** The token endpoint: exactly one of `path` and `url`. */
type Endpoint =
  /** Path below the base URL. */
  | { path: string; url?: never }
  /**
   * URL on another host, for example `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`. The secret is sent to
   * this host only.
   */
  | { url: string; path?: never };

type ClientCredentials = Endpoint & {
  clientId: string;
  clientSecret: string;
  /** Further form fields (`scope`, `audience`, `member_cid`). */
  fields?: Record<string, string>;
  /** Further rules for the endpoint's error responses; without a rule, 400, 401 and 403 mean rejected credentials. */
  errorRules?: ErrorResponseRule[];
};

interface Token {
  value: string;
  /** Milliseconds on the monotonic clock. */
  renewAt: number;
}

const RENEW_EARLY_MS = 120_000;
const DEFAULT_LIFETIME_S = 600;
const REJECTED: ErrorResponseRule[] = [400, 401, 403].map((status) => ({
  status,
  kind: 'credentials-rejected' as const,
}));

/**
 * Tokens of this process by endpoint and credentials, in memory only. The inputs share them, because an input is created
 * per activity attempt and token endpoints have their own rate limits.
 */
const tokens = new Map<string, Token>();
const pending = new Map<string, Promise<Token>>();

/**
 * OAuth2 client credentials (RFC 6749, 4.4) in the form body. The token is renewed two minutes before it expires (a
 * shorter-lived token at half of its lifetime), by one request for all pages that wait for it.
 */
export function clientCredentials(options: ClientCredentials): Auth {
  const identity = createHash('sha256')
    .update(JSON.stringify([options.path, options.url, options.clientId, options.clientSecret, options.fields]))
    .digest('hex');
  const key = (session: AuthSession) => `${session.base.href} ${identity}`;
  const bearer = (token: Token) => ({ authorization: `Bearer ${token.value}` });
  return {
    async headers(session, signal) {
      const known = tokens.get(key(session));
      if (known && known.renewAt > performance.now()) return bearer(known);
      const pendingKey = key(session);
      let fetching = pending.get(pendingKey);
      if (!fetching) {
        fetching = fetchToken(session, options).then((token) => {
          // Keyed by the current base: the endpoint may have redirected to another region.
          tokens.set(key(session), token);
          return token;
        });
        pending.set(pendingKey, fetching);
        const done = () => pending.delete(pendingKey);
        fetching.then(done, done);
      }
      return bearer(await unlessAborted(fetching, signal));
    },
    renew(rejected) {
      for (const [at, token] of tokens) {
        if (bearer(token).authorization === rejected['authorization']) tokens.delete(at);
      }
      return true;
    },
  };
}

async function fetchToken(
  session: AuthSession,
  { path, url, clientId, clientSecret, fields, errorRules }: ClientCredentials,
): Promise<Token> {
  const request = {
    method: 'POST',
    headers: { accept: 'application/json' },
    form: { client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials', ...fields },
  } as const;
  const response = await (url === undefined
    ? session.send({ ...request, path })
    : session.sendTo(loginUrl(url), request));
  if (response.status !== 200 && response.status !== 201)
    throw responseError(response, [...(errorRules ?? []), ...REJECTED]);
  const { access_token: value, expires_in: lifetime } = tokenFields(response);
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    const at = redactedUrl(response.url);
    throw new Failure('response-mismatch', `POST ${at} responded ${response.status} without a usable access_token`, {
      at,
      status: response.status,
    });
  }
  const seconds = Number(lifetime);
  const lifetimeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_LIFETIME_S) * 1000;
  return { value, renewAt: performance.now() + Math.max(lifetimeMs - RENEW_EARLY_MS, lifetimeMs / 2) };
}

function loginUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new Failure('settings-invalid', 'The URL of the login must be an http(s) URL without user and password');
}

function tokenFields(response: HttpResponse): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(response.body.toString('utf8'));
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Several listings may wait for one token. A cancelled listing stops waiting, and the request continues for the others. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let leave!: () => void;
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () => reject(signal.reason);
  });
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
