import { Failure, type FailureKind } from '../../../model/failure.js';
import type { HttpResponse } from '../exchange.js';
import { redactedUrl } from '../request.js';
import { LONGEST_WAIT, waitHint } from '../wait.js';

/**
 * Maps an error response to a failure kind, if the general mapping (`kindOf`) is wrong for a vendor. The first matching
 * rule applies.
 */
export interface ErrorResponseRule {
  status: number;
  /** Must match in the first 64 KB of the body. */
  body?: RegExp;
  /** Only for requests that continue a listing. */
  continued?: boolean;
  kind: FailureKind;
}

/** The first 64 KB of a body as text, to distinguish error responses. */
export function bodyText(response: HttpResponse): string {
  return response.body.toString('utf8', 0, 65_536);
}

/** Converts a response whose status is not 200 to a `Failure` that names host, path and status. */
export function responseError(response: HttpResponse, rules: ErrorResponseRule[] = [], continued = false): Failure {
  const at = redactedUrl(response.url);
  const text = bodyText(response);
  const rule = rules.find(
    (rule) =>
      rule.status === response.status && (rule.body?.test(text) ?? true) && (rule.continued !== true || continued),
  );
  const details = hints(response);
  const kind = rule?.kind ?? kindOf(response.status, details.retryAfterMs !== undefined, continued);
  return new Failure(kind, `${response.method} ${at} responded ${response.status}${tooLong(response)}`, {
    at,
    status: response.status,
    ...details,
  });
}

/** Message part for a requested wait that is longer than `LONGEST_WAIT`. */
function tooLong(response: HttpResponse): string {
  const wait = waitHint(response.headers, bodyText(response)) ?? 0;
  if (wait <= LONGEST_WAIT) return '';
  return ` and asks to wait ${Math.ceil(wait / 3_600_000)} hours; the next request is made after ${LONGEST_WAIT / 3_600_000} hours`;
}

/** Hints of a response: the milliseconds to wait (at most `LONGEST_WAIT`), and the response's id for a support ticket. */
export function hints(response: HttpResponse): { retryAfterMs?: number; traceId?: string } {
  const wait = waitHint(response.headers, bodyText(response));
  const traceId = response.headers.get('x-cs-traceid') ?? response.headers.get('x-request-id');
  return {
    ...(wait !== undefined && { retryAfterMs: Math.min(wait, LONGEST_WAIT) }),
    ...(traceId !== null && { traceId }),
  };
}

/** Statuses that mean "retry later" if the response contains a wait. GitHub and others use 403 for a rate limit. */
const RETRY_LATER = new Set([403, 409, 423, 425]);

function kindOf(status: number, waits: boolean, continued: boolean): FailureKind {
  if (status === 429 || (waits && RETRY_LATER.has(status))) return 'rate-limited';
  if (status === 410 && continued) return 'cursor-expired';
  if (status === 401) return 'credentials-rejected';
  if (status === 403) return 'not-permitted';
  if (status >= 500 || status === 408) return 'vendor-error';
  if (status >= 400) return 'request-rejected';
  return 'response-mismatch';
}
