import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { placeOfError, type ErrorPlace } from '../normalize/errors.js';
import { activityLog } from './context.js';
import { causeOf } from './failures.js';

/** What only the activity knows of its failure: where it was, and counts. */
export type FailedAt = ErrorPlace & Record<string, unknown>;

interface Origin {
  error: unknown;
  at: FailedAt;
}

/** By the failure that goes to Temporal: it must not carry these itself, since history is for everybody to read. */
const origins = new WeakMap<object, Origin>();

/** Notes for the log what a failure was made of. Returns it. */
export function from<F extends object>(failure: F, error: unknown, at: FailedAt = {}): F {
  origins.set(failure, { error, at: { ...at, ...placeOfError(error) } });
  return failure;
}

type Activities = Record<string, (input: never) => Promise<unknown>>;

/** Activities of which each failed try is logged: in one line, with the run, the source, where it was and why. */
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
  // The worker stops, or the run was cancelled: whoever did that knows.
  if (failure instanceof CancelledFailure || Context.current().cancellationSignal.aborted) return;
  const { error, at } = origins.get(failure as object) ?? { error: failure, at: {} };
  const line = activityLog(log, input?.run ?? '', input?.source);
  const known = failure instanceof ApplicationFailure ? failure : undefined;
  const kind = known?.type ?? 'defect';
  const fields = { kind, ...at, cause: causeOf(error), again: known?.nonRetryable !== true };
  // Another attempt does its work: that is nobody's to look at.
  const level = kind === 'defect' ? 'error' : kind === 'superseded' ? 'info' : 'warn';
  line[level](fields, known?.message ?? `${(error as Error).name} in Rollcall itself`);
}
