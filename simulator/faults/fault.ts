/** The listings and the token endpoint to which a fault can apply. */
export const PROTOCOLS = ['qualys-demo', 'crowdstrike-demo', 'qualys', 'crowdstrike', 'crowdstrike-token'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/**
 * Every fault that can be switched on. `at`, `times` and `every` select the requests (see `Fault`); the
 * words in backquotes are its own parameters.
 */
export const FAULTS = {
  latency: 'waits `ms` before it answers',
  trickle: 'sends the body `bytes` at a time, one portion each `ms`',
  hang: 'never answers',
  stall: 'sends half of the body and then nothing, the connection stays open',
  cut: 'announces the whole length, sends half of the body and closes',
  reset: 'sends half of the body and resets the connection',
  status: 'answers `status` as the vendor words it; `seconds` to wait, told as `retryAfter`: seconds, date or none',
  outage: 'answers 500 with a text that is not the end-of-data text',
  'end-text': 'take-home API: answers the end-of-data error although records are left',
  rate: 'refuses what exceeds `limit` requests in `ms`, with the vendor’s headers',
  concurrency: 'refuses what exceeds `limit` requests at a time, with the vendor’s headers',
  'duplicate-page': 'answers with the previous answer once more',
  'repeat-last': 'the last page comes again for ever, and says that there is more',
  'insert-front': 'take-home API: after request `at` there is a new record at the front, so later pages overlap',
  'delete-front': 'take-home API: after request `at` the first record is gone, so later pages skip one',
  endless: 'the listing never ends: new hosts for ever',
  'no-hosts': 'the listing is empty',
  'short-page': 'gives at most `records` a page although more are left',
  'max-page': 'refuses more than `records` a page',
  'expire-tokens': 'CrowdStrike: every token handed out so far is refused, from now on or from request `at` on',
  'token-lifetime': 'CrowdStrike: new tokens live `seconds`',
  region: 'CrowdStrike: the main port answers 308 to the region port, for tokens too',
  errors: 'answers 200 with the vendor’s error in the body',
  html: 'answers 200 with an HTML login page',
  object: 'answers 200 with `{}`',
  'empty-body': 'answers 200 without a body',
  oversize: 'puts `bytes` of white space before the body',
  'gzip-bomb': 'answers a small gzip body of `bytes` when unpacked',
  'bad-gzip': 'says that the body is gzip, which it is not',
  redirect: 'answers 307 to `to`; without `to`: to another origin that notes whether secrets arrive',
} as const;

export type FaultKind = keyof typeof FAULTS;

/**
 * One fault. It applies to requests from number `at` (1-based, counted by protocol since the faults were set; default
 * 1) and `times` of them (default: one if `at` is given, else all), or each `every`th.
 */
export interface Fault {
  kind: FaultKind;
  /** Default: every listing, but not the token endpoint; `all` means that too. */
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
