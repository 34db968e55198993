import { Failure } from '../../../model/failure.js';
import type { Answer } from '../exchange.js';
import type { RequestTemplate } from '../request.js';

/** What an auth strategy may use of the session: where it speaks to now, and requests without authentication. */
export interface AuthSession {
  /** Follows an allowed move to another region, after which `base` has changed. */
  send(template: RequestTemplate): Promise<Answer>;
  /** To a host that the source declares for its login; no redirect is followed from there. */
  sendTo(url: URL, template: Omit<RequestTemplate, 'path'>): Promise<Answer>;
  readonly base: URL;
}

/** How requests prove who we are. */
export interface Auth {
  /** Headers for a request to the session's base. May fetch a token there; throws `Failure`. */
  headers(session: AuthSession, signal: AbortSignal): Record<string, string> | Promise<Record<string, string>>;
  /** After a 401 to these headers: `true` when asking for headers again yields other ones, so one more try makes sense. */
  renew?(refused: Record<string, string>): boolean;
}

function checked(name: string, value: string): Record<string, string> {
  // fetch would refuse such a value as well, with the secret in its message.
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
