/**
 * The one vocabulary of what can go wrong between Rollcall and the world.
 *
 * Connectors and sources throw a `Failure`; `activities/failures.ts` alone decides what Temporal does about each kind.
 * Messages are shown to users and kept in Temporal's history: host and path only, never a query, header or body.
 */
export type FailureKind =
  /** No usable answer: refused, reset, time-out, cut body. Worth another try. */
  | 'unreachable'
  /** The vendor answered 5xx (other than its declared end of data). Worth another try. */
  | 'vendor-error'
  /** The vendor asks us to wait; `retryAfterMs` says how long when it tells. */
  | 'rate-limited'
  /** The credentials were refused. Trying again is pointless until somebody changes them. */
  | 'credentials-rejected'
  /** The credentials are right but lack a permission (scope, role, licence). */
  | 'not-permitted'
  /** The vendor refuses the request itself (400, 404, 422): a wrong setting or a changed API. */
  | 'request-rejected'
  /** A cursor the vendor no longer knows; the listing has to be restarted from its beginning. */
  | 'cursor-expired'
  /** A 2xx answer that is not what the source definition describes (HTML, an error object, bad JSON). */
  | 'response-mismatch'
  /** An answer larger than the source's cap. */
  | 'response-too-large'
  /** A redirect to a host that is not on the source's allow-list. */
  | 'redirect-refused'
  /** A request that would have gone to a host or an internal address that nobody declared. */
  | 'address-refused'
  /** The listing repeats itself or does not end. */
  | 'listing-loops'
  /** A missing or malformed setting, or an unknown source. */
  | 'settings-invalid'
  /** A late attempt: another one has taken its work over and goes on with it. No fault of anything. */
  | 'superseded'
  /** A server that Rollcall needs (Temporal, MongoDB) is missing or unfit. */
  | 'server-unavailable';

export interface FailureDetails {
  source?: string;
  /** Where it happened: host and path of the request, a file, a setting's name. */
  at?: string;
  status?: number;
  /** Milliseconds to wait before the next try, as told by the vendor. */
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

/** Where in our own code an error arose. Its message may hold a record's values, so it stays out. */
export function placeOf(error: unknown): string {
  const frame = (error as Error)?.stack?.split('\n').find((line) => line.trim().startsWith('at ')) ?? '';
  return frame.replace(/\(?\/.*\/(?=[^/]+\/[^/]+:\d+)/, '').trim();
}

/** Details that travel with a failure through Temporal: what the run's account shows. */
export interface FailureNote {
  kind: FailureKind | 'defect';
  message: string;
  remedy?: string;
}
