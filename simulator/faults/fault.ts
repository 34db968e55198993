/** The listings and the token endpoint to which a fault can apply. */
export const PROTOCOLS = ['qualys-demo', 'crowdstrike-demo', 'qualys', 'crowdstrike', 'crowdstrike-token'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/**
 * Every fault of the simulator and what it does. `at`, `times` and `every` select the requests (see `Fault`). The names in
 * backquotes are the fault's own parameters.
 */
export const FAULTS = {
  latency: 'waits `ms` before it responds',
  trickle: 'sends the body `bytes` at a time, one portion each `ms`',
  hang: 'never responds',
  stall: 'sends half of the body and then nothing, and keeps the connection open',
  cut: 'announces the whole length, sends half of the body and closes the connection',
  reset: 'sends half of the body and resets the connection',
  status:
    'responds with `status` in the vendor’s form; `seconds` is the time to wait, and `retryAfter` its form: seconds, date or none',
  outage: 'responds 500 with a text that is not the end-of-data text',
  'end-text': 'take-home API: responds with the end-of-data error although records are left',
  rate: 'rejects requests above `limit` in `ms`, with the vendor’s headers',
  concurrency: 'rejects requests above `limit` at a time, with the vendor’s headers',
  'duplicate-page': 'sends the previous response once more',
  'repeat-last': 'returns the last page again for every later request, and reports that there are more records',
  'insert-front': 'take-home API: after request `at` the listing has a new first record, so later pages overlap',
  'delete-front': 'take-home API: after request `at` the listing lacks its first record, so later pages skip one',
  endless: 'the listing never ends: every page has new hosts',
  'no-hosts': 'the listing is empty',
  'short-page': 'returns at most `records` per page although more are left',
  'max-page': 'rejects requests for more than `records` per page',
  'expire-tokens': 'CrowdStrike: rejects every token issued so far, from now on or from request `at` on',
  'token-lifetime': 'CrowdStrike: new tokens are valid for `seconds`',
  region: 'CrowdStrike: the main port responds 308 with the region port as location, for tokens too',
  errors: 'responds 200 with the vendor’s error in the body',
  html: 'responds 200 with an HTML login page',
  object: 'responds 200 with `{}`',
  'empty-body': 'responds 200 without a body',
  oversize: 'puts `bytes` of white space before the body',
  'gzip-bomb': 'sends a small gzip body that unpacks to `bytes`',
  'bad-gzip': 'declares the body as gzip although it is not',
  redirect: 'responds 307 with location `to`; without `to`, with another origin that records whether secrets arrive',
} as const;

export type FaultKind = keyof typeof FAULTS;

/**
 * One fault. It applies to requests from number `at` (1-based, counted by protocol since the faults were set; default
 * 1) and `times` of them (default: one if `at` is given, else all), or to each `every`th request.
 */
export interface Fault {
  kind: FaultKind;
  /** Default: every listing, but not the token endpoint. `all` includes the token endpoint. */
  on?: Protocol | 'all';
  at?: number;
  times?: number;
  every?: number;
  ms?: number;
  bytes?: number;
  status?: number;
  seconds?: number;
  retryAfter?: 'seconds' | 'date' | 'none';
  limit?: number;
  records?: number;
  to?: string;
}

/** Validates a fault from JSON. Throws an error that describes the mistake. */
export function parseFaults(value: unknown): Fault[] {
  const list = Array.isArray(value) ? value : [value];
  for (const item of list) {
    const { kind, on } = (item ?? {}) as Record<string, unknown>;
    if (typeof kind !== 'string' || !Object.hasOwn(FAULTS, kind)) {
      throw new Error(`Unknown fault ${JSON.stringify(kind)}: choose from ${Object.keys(FAULTS).join(', ')}`);
    }
    if (on !== undefined && on !== 'all' && !PROTOCOLS.includes(on as Protocol)) {
      throw new Error(`Unknown protocol ${JSON.stringify(on)}: choose from all, ${PROTOCOLS.join(', ')}`);
    }
  }
  return list as Fault[];
}
