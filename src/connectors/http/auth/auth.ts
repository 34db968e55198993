import { Failure } from '../../../model/failure.js';
import type { HttpResponse } from '../exchange.js';
import type { RequestTemplate } from '../request.js';

/** The part of the session that an auth strategy uses: the current base, and requests without authentication. */
export interface AuthSession {
  /** Follows an allowed redirect to another region, which changes `base`. */
  send(template: RequestTemplate): Promise<HttpResponse>;
  /** Sends to a host that the source declares for its login. Follows no redirect. */
  sendTo(url: URL, template: Omit<RequestTemplate, 'path'>): Promise<HttpResponse>;
  readonly base: URL;
}

/** Authentication of requests. */
export interface Auth {
  /** Headers for a request to the session's base. May fetch a token from the base first. Throws `Failure`. */
  headers(session: AuthSession, signal: AbortSignal): Record<string, string> | Promise<Record<string, string>>;
  /**
   * Called after the vendor responded 401 to these headers. Returns `true` if the next call of `headers` returns different
   * headers, so that the session tries once more.
   */
  renew?(rejected: Record<string, string>): boolean;
}

function checked(name: string, value: string): Record<string, string> {
  // Check the value before `fetch` does: the error message of `fetch` contains the secret.
  if (!/^[\t\x20-\x7e]*$/.test(value)) {
    throw new Failure(
      'settings-invalid',
      `The credential for the header ${name} holds characters that a header cannot carry`,
    );
  }
  return { [name]: value };
}

/** A static header: `header('token', secret)`, `header('authorization', secret, 'ApiToken ')`. */
export function header(name: string, value: string, prefix = ''): Auth {
  return { headers: () => checked(name, prefix + value) };
}

/** HTTP Basic, UTF-8. */
export function basic(username: string, password: string): Auth {
  return {
    headers: () => ({ authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }),
  };
}
