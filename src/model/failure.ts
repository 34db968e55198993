/** How Rollcall handles one kind of failure. */
export interface FailureBehaviour {
  /** What has happened, one sentence. */
  means: string;
  /**
   * Whether a retry may succeed:
   * - `never`: the failure is final
   * - `patience`: at least three tries, and until `ROLLCALL_PATIENCE_SECONDS` have passed without a page
   * - `twice`: one more try
   * - `always`: retries without limit
   * - `retry-after`: after the time that the vendor names, up to thirty times in a row
   * - `patience-or-retry-after`: `retry-after` if the vendor names a time, otherwise `patience`
   */
  retry: 'never' | 'patience' | 'twice' | 'always' | 'retry-after' | 'patience-or-retry-after';
  /** A person can correct the cause, or the cause ends by itself: the source keeps its cursor and waits for `resume`. */
  parks: boolean;
  /** Exit code of a command that ends with it. */
  exitCode: 2 | 4 | 5;
  /** The usual remedy, for docs/reference/failures.md. A failure contains its own remedy, which is more specific. */
  remedy: string;
}

/**
 * All kinds of failures. A new kind needs one entry in this table only: the types, the retries, the exit codes and
 * docs/reference/failures.md are derived from it.
 *
 * Connectors and sources throw a `Failure`; only `activities/retry-policy.ts` decides what Temporal does about each kind.
 * Messages are shown to users and kept in Temporal's history, so they contain host and path only, never a query, header or
 * body.
 */
export const FAILURES = {
  unreachable: {
    means: 'No usable response: refused, reset, timed out or cut short.',
    retry: 'patience',
    parks: true,
    exitCode: 5,
    remedy: 'Check that this machine reaches the host and port, and resume the source',
  },
  'vendor-error': {
    means: 'The vendor responded with 5xx, other than its declared end of data.',
    retry: 'patience-or-retry-after',
    parks: true,
    exitCode: 5,
    remedy: 'Look at the vendor’s status page, and resume the source later',
  },
  'rate-limited': {
    means: 'The vendor asks to wait; the failure states the waiting time if the vendor states it.',
    retry: 'retry-after',
    parks: true,
    exitCode: 4,
    remedy: 'No action is needed: the source continues after the waiting time',
  },
  'credentials-rejected': {
    means: 'The vendor rejected the credentials. A retry cannot succeed until a person changes them.',
    retry: 'never',
    parks: true,
    exitCode: 4,
    remedy: 'Correct the credentials that the message names, restart the worker, and resume the source',
  },
  'not-permitted': {
    means: 'The credentials are right but lack a permission: a scope, a role or a licence.',
    retry: 'never',
    parks: true,
    exitCode: 4,
    remedy: 'Grant the permission that the message names, and resume the source',
  },
  'request-rejected': {
    means: 'The vendor rejected the request itself (400, 404, 422): a setting is wrong or the API has changed.',
    retry: 'never',
    parks: true,
    exitCode: 4,
    remedy: 'Compare the settings of the source with the vendor’s documentation',
  },
  'cursor-expired': {
    means: 'The vendor no longer accepts the cursor: the listing must start again from its beginning.',
    retry: 'never',
    parks: false,
    exitCode: 4,
    remedy: 'No action is needed: the listing starts again',
  },
  'response-mismatch': {
    means: 'A 2xx response that is not what the source describes: HTML, an error object, bad JSON.',
    retry: 'twice',
    parks: true,
    exitCode: 4,
    remedy: 'Check the URL of the source: the response may come from a proxy or a login page',
  },
  'response-too-large': {
    means: 'A response larger than the limit of the source.',
    retry: 'never',
    parks: true,
    exitCode: 4,
    remedy: 'Set a smaller page size',
  },
  'redirect-refused': {
    means: 'A redirect to a host that the source does not allow.',
    retry: 'never',
    parks: true,
    exitCode: 4,
    remedy: 'Allow the host if it belongs to the vendor',
  },
  'address-refused': {
    means: 'A request to a host or an internal address that no setting declares. Nothing was sent.',
    retry: 'never',
    parks: true,
    exitCode: 4,
    remedy: 'Add the host to ROLLCALL_ON_PREMISES if it is your own',
  },
  'listing-loops': {
    means: 'The listing repeats itself or does not end.',
    retry: 'never',
    parks: false,
    exitCode: 4,
    remedy: 'Check the paging of the source against the vendor’s documentation',
  },
  'settings-invalid': {
    means: 'A setting is missing or malformed, or a source is unknown.',
    retry: 'never',
    parks: true,
    exitCode: 2,
    remedy: 'Correct the setting that the message names',
  },
  superseded: {
    means: 'Another attempt has taken over this work and continues it. This is not an error.',
    retry: 'always',
    parks: false,
    exitCode: 4,
    remedy: 'No action is needed: the other attempt continues',
  },
  'server-unavailable': {
    means: 'A server that Rollcall needs (Temporal, MongoDB) is unavailable or unsuitable.',
    retry: 'patience',
    parks: false,
    exitCode: 5,
    remedy: 'Start the server, or correct its address',
  },
} as const satisfies Record<string, FailureBehaviour>;

export type FailureKind = keyof typeof FAILURES;

/** How Rollcall handles failures of this kind. */
export const behaviourOf = (kind: FailureKind): FailureBehaviour => FAILURES[kind];

export interface FailureDetails {
  source?: string;
  /** Where it happened: host and path of the request, a file, a setting's name. */
  at?: string;
  status?: number;
  /** Milliseconds to wait before the next try, from the vendor's response. */
  retryAfterMs?: number;
  /** What the user can do about it, one sentence. */
  remedy?: string;
  /** The vendor's own id of the exchange, for a support ticket. */
  traceId?: string;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly details: FailureDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The code location of an error, without its message, because the message may contain values of a record. */
export function codeLocation(error: unknown): string {
  const frame = (error as Error)?.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? '';
  return frame.replace(/\(?\/.*\/(?=[^/]+\/[^/]+:\d+)/, '').trim();
}

/** Details of a failure that are passed through Temporal and shown in the account of the run. */
export interface FailureNote {
  kind: FailureKind | 'defect';
  message: string;
  remedy?: string;
}
