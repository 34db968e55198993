import { Failure, type FailureKind } from '../../failure.js';
import type { Answer } from './exchange.js';
import { place } from './request.js';
import { waitHint } from './wait.js';

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
  return new Failure(rule?.kind ?? kindOf(answer.status), `${answer.method} ${at} answered ${answer.status}`, {
    at,
    status: answer.status,
    ...hints(answer),
  });
}

/** What any answer may tell beside its status: how long to wait, and its id for a support ticket. */
export function hints(answer: Answer): { retryAfterMs?: number; traceId?: string } {
  const wait = waitHint(answer.headers, bodyText(answer));
  const traceId = answer.headers.get('x-cs-traceid') ?? answer.headers.get('x-request-id');
  return { ...(wait !== undefined && { retryAfterMs: wait }), ...(traceId !== null && { traceId }) };
}

function kindOf(status: number): FailureKind {
  if (status === 429) return 'rate-limited';
  if (status === 401) return 'credentials-rejected';
  if (status === 403) return 'not-permitted';
  if (status >= 500 || status === 408) return 'vendor-error';
  if (status >= 400) return 'request-rejected';
  return 'response-mismatch';
}
