import type { Exchange } from './exchanges.js';

/** Facts from the headers of a vendor's responses. Values are a vendor's text. */
export interface HeaderFacts {
  /** The account as the vendor sees it, and its permissions. */
  account: Record<string, string>;
  /** Rate limits, and the remaining requests. */
  limits: Record<string, string>;
  /** How far the vendor's clock is ahead of ours, seconds; accurate to about one second. */
  clockAheadSeconds?: number;
}

const ACCOUNT = /scope|permission|account|tenant|organi[sz]ation|(?:^|-)(?:user(?:name)?|client-id|customer|region)$/;
const LIMITS = /rate-?limit|^retry-after$|concurrency|quota/;
const NEVER = /cookie|token|secret|authoriz|signature|(?:^|-)key/;
const LONGEST = 120;

/** Extracts the facts; headers that contain one of the `secrets`, cookies and the like are left out. */
export function headerFacts(exchanges: readonly Exchange[], secrets: readonly string[]): HeaderFacts {
  const facts: HeaderFacts = { account: {}, limits: {} };
  for (const { headers, respondedAt, ms } of exchanges) {
    for (const [name, value] of Object.entries(headers)) {
      if (NEVER.test(name) || secrets.some((secret) => value.includes(secret))) continue;
      if (LIMITS.test(name)) facts.limits[name] = value.slice(0, LONGEST);
      else if (ACCOUNT.test(name)) facts.account[name] = value.slice(0, LONGEST);
    }
    const date = Date.parse(headers['date'] ?? '');
    // A Date header has whole seconds, and the vendor wrote it between the request and the response.
    if (!Number.isNaN(date))
      facts.clockAheadSeconds = Math.round((date + 500 - (respondedAt.getTime() - ms / 2)) / 1000);
  }
  return facts;
}
