import { createHash } from 'node:crypto';
import { Failure } from '../../../model/failure.js';
import type { Auth, AuthSession } from './auth.js';
import type { Answer } from '../exchange.js';
import { refusal, type RefusalRule } from '../errors/response-error.js';
import { place } from '../request.js';

/** One of both says where the token endpoint is. */
type Endpoint =
  /** Below the base URL. */
  | { path: string; url?: never }
  /** On a host of its own, as `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`: the secret goes there and nowhere else. */
  | { url: string; path?: never };

type ClientCredentials = Endpoint & {
  clientId: string;
  clientSecret: string;
  /** Further form fields (`scope`, `audience`, `member_cid`). */
  fields?: Record<string, string>;
  /** Further meanings of the endpoint's refusals; 400, 401 and 403 are refused credentials anyway. */
  refusals?: RefusalRule[];
};

interface Token {
  value: string;
  /** On the monotonic clock. */
  renewAt: number;
}

const RENEW_EARLY_MS = 120_000;
const DEFAULT_LIFETIME_S = 600;
const REFUSED: RefusalRule[] = [400, 401, 403].map((status) => ({ status, kind: 'credentials-rejected' as const }));

/** Tokens of this process by endpoint and credentials: inputs are made for each stretch, and token endpoints have limits of their own. In memory only. */
const tokens = new Map<string, Token>();
const pending = new Map<string, Promise<Token>>();

/**
 * OAuth2 client credentials (RFC 6749, 4.4) in the form body. The token is renewed two minutes before its end (at half
 * of a shorter life), by one request however many pages wait for it.
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
      const asked = key(session);
      let fetching = pending.get(asked);
      if (!fetching) {
        fetching = fetchToken(session, options).then((token) => {
          // Under the base as it is now: the endpoint may have sent us to another region.
          tokens.set(key(session), token);
          return token;
        });
        pending.set(asked, fetching);
        const done = () => pending.delete(asked);
        fetching.then(done, done);
      }
      return bearer(await unlessAborted(fetching, signal));
    },
    renew(refused) {
      for (const [at, token] of tokens) {
        if (bearer(token).authorization === refused['authorization']) tokens.delete(at);
      }
      return true;
    },
  };
}

async function fetchToken(
  session: AuthSession,
  { path, url, clientId, clientSecret, fields, refusals }: ClientCredentials,
): Promise<Token> {
  const request = {
    method: 'POST',
    headers: { accept: 'application/json' },
    form: { client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials', ...fields },
  } as const;
  const answer = await (url === undefined
    ? session.send({ ...request, path })
    : session.sendTo(loginUrl(url), request));
  if (answer.status !== 200 && answer.status !== 201) throw refusal(answer, [...(refusals ?? []), ...REFUSED]);
  const { access_token: value, expires_in: lifetime } = tokenFields(answer);
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    const at = place(answer.url);
    throw new Failure('response-mismatch', `POST ${at} answered ${answer.status} without a usable access_token`, {
      at,
      status: answer.status,
    });
  }
  const seconds = Number(lifetime);
  const life = (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_LIFETIME_S) * 1000;
  return { value, renewAt: performance.now() + Math.max(life - RENEW_EARLY_MS, life / 2) };
}

function loginUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return url;
  throw new Failure('settings-invalid', 'The URL of the login is no http(s) URL without user and password');
}

function tokenFields(answer: Answer): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Several walks may wait for one token: the one that is cancelled leaves, the request goes on for the others. */
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
