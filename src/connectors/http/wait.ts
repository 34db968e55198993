const SECOND = 1000;
/**
 * Longest wait in milliseconds: a wrong header must not stop a source permanently, and Qualys returns waits of up to a day.
 */
export const LONGEST_WAIT = 24 * 3600 * SECOND;
/** Numbers from this value on are epoch seconds (2001 and later); smaller numbers are a number of seconds. */
const EPOCH = 1_000_000_000;

/**
 * Milliseconds the vendor asks to wait, at least one second; `undefined` without a hint. Reads `Retry-After` (seconds or
 * HTTP date), CrowdStrike's `X-RateLimit-RetryAfter` (epoch seconds), Qualys' `X-RateLimit-ToWait-Sec` and
 * `SECONDS_TO_WAIT` in its body. Returns the longest wait; the caller limits it to a day.
 */
export function waitHint(headers: Headers, body: string): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  // Uses the vendor's clock, so that a wrong local clock makes the wait neither too short nor too long.
  const now = Number.isNaN(date) ? Date.now() : date;
  const hints = [
    fromHeader(headers.get('retry-after'), now),
    fromHeader(headers.get('x-ratelimit-retryafter'), now),
    fromHeader(headers.get('x-ratelimit-towait-sec'), now),
    fromHeader(/SECONDS_TO_WAIT\D{1,80}?(\d{1,9})\b/i.exec(body)?.[1] ?? null, now),
  ].filter((hint) => hint !== undefined);
  return hints.length === 0 ? undefined : Math.max(SECOND, ...hints);
}

function fromHeader(text: string | null, now: number): number | undefined {
  if (text === null || text.trim() === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value >= EPOCH ? value * SECOND - now : value * SECOND;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date - now;
}
