import { Context } from '@temporalio/activity';
import type { Tries } from './retry-policy.js';

/** The position of an attempt, and counts. They are the fields of the log line about its failure. */
export type Position = Record<string, unknown>;

/** The state of a running attempt of an activity. The interceptor reads it. */
export interface Attempt {
  /** Heartbeat details. Temporal passes the last details to the next attempt. */
  details: () => unknown;
  /** Called when the attempt fails. */
  position: () => Position;
  /** The vendor's failures in a row, including those of earlier attempts. */
  tries: Tries;
}

const attempts = new WeakMap<Context, Attempt>();

/** The attempt in which the calling code runs. */
export function currentAttempt(context: Context = Context.current()): Attempt {
  const known = attempts.get(context);
  if (known) return known;
  const attempt: Attempt = { details: () => null, position: () => ({}), tries: { count: 0, since: 0 } };
  attempts.set(context, attempt);
  return attempt;
}

/** Sets the state of the running attempt. */
export function describeAttempt(described: Partial<Attempt>): void {
  Object.assign(currentAttempt(), described);
}
