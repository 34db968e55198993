import { Failure, type FailureKind } from '../model/failure.js';

/**
 * Errors that a retry cannot resolve, by SQLSTATE or its beginning. All other errors are temporary, or the next attempt
 * resolves them, because it checks the table again.
 */
const PERMANENT: [state: RegExp, what: string, remedy: string][] = [
  [/^28/, 'rejects the user or the password', 'Correct LOGINS_POSTGRES_URL'],
  [/^3D000/, 'does not have that database', 'Create it, or correct LOGINS_POSTGRES_URL'],
  [
    /^42501/,
    'does not let this user write to user_logins',
    'Grant SELECT, INSERT and UPDATE on it; only its owner can extend one that lacks columns',
  ],
  [/^(?:0A|22|23|42(?!P01|703))/, 'rejects logins', 'Give user_logins the columns that docs/operating.md names'],
];

/**
 * Converts an error of `pg` to a `Failure`. The error's message may contain a login, and its stack may contain the URL, so the
 * `Failure` has neither of them.
 */
export function postgresFailure(error: unknown, url: string): Failure {
  if (error instanceof Failure) return error;
  const at = addressOf(url);
  const failure = (kind: FailureKind, what: string, remedy: string) =>
    new Failure(kind, `PostgreSQL at ${at} ${what}`, { at, remedy });
  const { code = '', message = '' } = error as { code?: string; message?: string };
  // The server requires a password and the URL has none.
  if (message.startsWith('SASL')) return failure('settings-invalid', PERMANENT[0]![1], PERMANENT[0]![2]);
  for (const [state, what, remedy] of PERMANENT)
    if (state.test(code)) return failure('settings-invalid', `${what} (${code})`, remedy);
  return failure(
    'server-unavailable',
    `does not respond${code && ` (${code})`}`,
    'Start it, or correct LOGINS_POSTGRES_URL; logins stay in their queue until then',
  );
}

/** Host and port of the URL. */
function addressOf(url: string): string {
  const host = /^\w+:\/\/(?:[^@/?#]*@)?([^/?#]*)/.exec(url)?.[1] || 'localhost';
  return /:\d+$/.test(host) ? host : `${host}:5432`;
}
