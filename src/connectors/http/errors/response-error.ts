import { Failure, type FailureKind } from '../../../model/failure.js';
import type { Answer } from '../exchange.js';
import { place } from '../request.js';
import { LONGEST_WAIT, waitHint } from '../wait.js';

/** What a vendor means by a status where the general table is wrong. The first rule that fits wins. */
export interface RefusalRule {
  status: number;
  /** Must be found in the body, whose first 64 KB are looked at. */
  body?: RegExp;
  /** Only for requests that continue a listing. */
  continued?: boolean;
  kind: FailureKind;
}

/** The start of a body as text, for telling refusals apart. */
export function bodyText(answer: Answer): string {
  return answer.body.toString('utf8', 0, 65_536);
}

/** Turns an answer whose status is not 200 into a `Failure` that names host, path and status. */
export function refusal(answer: Answer, rules: RefusalRule[] = [], continued = false): Failure {
  const at = place(answer.url);
  const text = bodyText(answer);
  const rule = rules.find(
    (rule) =>
      rule.status === answer.status && (rule.body?.test(text) ?? true) && (rule.continued !== true || continued),
  );
  const told = hints(answer);
  const kind = rule?.kind ?? kindOf(answer.status, told.retryAfterMs !== undefined, continued);
  return new Failure(kind, `${answer.method} ${at} answered ${answer.status}${tooLong(answer)}`, {
    at,
    status: answer.status,
    ...told,
  });
}

/** What a message says of a wait that is longer than is waited. */
function tooLong(answer: Answer): string {
  const wait = waitHint(answer.headers, bodyText(answer)) ?? 0;
  if (wait <= LONGEST_WAIT) return '';
  return ` and asks to wait ${Math.ceil(wait / 3_600_000)} hours, after ${LONGEST_WAIT / 3_600_000} it is asked again`;
}

/** What any answer may tell beside its status: how long to wait, and its id for a support ticket. */
export function hints(answer: Answer): { retryAfterMs?: number; traceId?: string } {
  const wait = waitHint(answer.headers, bodyText(answer));
  const traceId = answer.headers.get('x-cs-traceid') ?? answer.headers.get('x-request-id');
  return {
    ...(wait !== undefined && { retryAfterMs: Math.min(wait, LONGEST_WAIT) }),
    ...(traceId !== null && { traceId }),
  };
}

/** Statuses that say "not now" when they come with a wait; 403 is GitHub's and others' way to limit. */
const NOT_NOW = new Set([403, 409, 423, 425]);

function kindOf(status: number, waits: boolean, continued: boolean): FailureKind {
  if (status === 429 || (waits && NOT_NOW.has(status))) return 'rate-limited';
  if (status === 410 && continued) return 'cursor-expired';
  if (status === 401) return 'credentials-rejected';
  if (status === 403) return 'not-permitted';
  if (status >= 500 || status === 408) return 'vendor-error';
  if (status >= 400) return 'request-rejected';
  return 'response-mismatch';
}
