import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { placeOfError, type ErrorPlace } from '../normalize/errors.js';
import { activityLog } from './context.js';
import { causeOf } from './failures.js';

/** Log fields that only the activity knows: where it failed, and counts. */
export type FailedAt = ErrorPlace & Record<string, unknown>;

interface Origin {
  error: unknown;
  at: FailedAt;
}

/** Maps each failure sent to Temporal to its cause. The failure must not carry it, because all users can read the history. */
const origins = new WeakMap<object, Origin>();

/** Remembers the error behind a failure, for the log. Returns the failure. */
export function from<F extends object>(failure: F, error: unknown, at: FailedAt = {}): F {
  origins.set(failure, { error, at: { ...at, ...placeOfError(error) } });
  return failure;
}

type Activities = Record<string, (input: never) => Promise<unknown>>;

/** Wraps activities so that each failed attempt is logged in one line with run, source, position and cause. */
export function logged<A extends Activities>(log: Logger, activities: A): A {
  const entries = Object.entries(activities).map(([name, activity]) => {
    const run = async (input: never): Promise<unknown> => {
      try {
        return await activity(input);
      } catch (failure) {
        logFailure(log, failure, input);
        throw failure;
      }
    };
    return [name, run];
  });
  return Object.fromEntries(entries) as A;
}

function logFailure(log: Logger, failure: unknown, input: { run?: string; source?: string } | undefined): void {
  // The worker is stopping or a user cancelled the run: neither is a failure to report.
  if (failure instanceof CancelledFailure || Context.current().cancellationSignal.aborted) return;
  const { error, at } = origins.get(failure as object) ?? { error: failure, at: {} };
  const line = activityLog(log, input?.run ?? '', input?.source);
  const known = failure instanceof ApplicationFailure ? failure : undefined;
  const kind = known?.type ?? 'defect';
  const fields = { kind, ...at, cause: causeOf(error), again: known?.nonRetryable !== true };
  // Another attempt has taken the work over: no user has to act.
  const level = kind === 'defect' ? 'error' : kind === 'superseded' ? 'info' : 'warn';
  line[level](fields, known?.message ?? `${(error as Error).name} in Rollcall itself`);
}
