import type { Exchange } from './exchanges.js';

/** What the headers of a vendor's answers tell beside the answer. Values are a vendor's text. */
export interface Told {
  /** Whom the vendor takes us for, and what it lets us do. */
  account: Record<string, string>;
  /** Limits, and what is left of them. */
  limits: Record<string, string>;
  /** How far the vendor's clock is ahead of ours, seconds; to about one. */
  clockAheadSeconds?: number;
}

const ACCOUNT = /scope|permission|account|tenant|organi[sz]ation|(?:^|-)(?:user(?:name)?|client-id|customer|region)$/;
const LIMITS = /rate-?limit|^retry-after$|concurrency|quota/;
const NEVER = /cookie|token|secret|authoriz|signature|(?:^|-)key/;
const LONGEST = 120;

/** Reads headers; what holds one of the `secrets` is left out, and so are cookies and the like. */
export function toldBy(exchanges: readonly Exchange[], secrets: readonly string[]): Told {
  const told: Told = { account: {}, limits: {} };
  for (const { headers, answeredAt, ms } of exchanges) {
    for (const [name, value] of Object.entries(headers)) {
      if (NEVER.test(name) || secrets.some((secret) => value.includes(secret))) continue;
      if (LIMITS.test(name)) told.limits[name] = value.slice(0, LONGEST);
      else if (ACCOUNT.test(name)) told.account[name] = value.slice(0, LONGEST);
    }
    const date = Date.parse(headers['date'] ?? '');
    // A Date header is cut to the second, and was written somewhere between the request and the answer.
    if (!Number.isNaN(date)) told.clockAheadSeconds = Math.round((date + 500 - (answeredAt.getTime() - ms / 2)) / 1000);
  }
  return told;
}
