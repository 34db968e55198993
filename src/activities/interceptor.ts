import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { behaviourOf, Failure } from '../model/failure.js';
import { beatMs } from '../model/timings.js';
import { locationOfError } from '../normalize/errors.js';
import { currentAttempt, type Position } from './attempt.js';
import { activityLog, type Dependencies } from './context.js';
import { causeOf, toApplicationFailure } from './retry-policy.js';
import { notifyRetried, orPark, PARKED_DETAILS, parks } from './parked.js';

/**
 * Assumed heartbeat time-out of activities that have none: they send heartbeats too, because heartbeats contain the
 * details.
 */
const WITHOUT_TIMEOUT_MS = 10_000;

type Services = Pick<Dependencies, 'config' | 'log'>;

/**
 * Runs around every activity: sends heartbeats several times within the heartbeat time-out, converts errors for Temporal,
 * parks failures that only a person can fix if the activity is `parkable`, and logs each failed attempt in one line with
 * run, source, position and cause.
 */
export function activityInterceptor(services: Services, parkable: ReadonlySet<string>) {
  return (context: Context): { inbound: ActivityInboundCallsInterceptor } => ({
    inbound: {
      async execute(input, next) {
        const attempt = currentAttempt(context);
        const heartbeatMs = context.info.heartbeatTimeoutMs || WITHOUT_TIMEOUT_MS;
        const timer = setInterval(() => context.heartbeat(attempt.details()), beatMs({ heartbeatMs }));
        const canPark = parkable.has(context.info.activityType);
        try {
          if (canPark) await notifyRetried();
          return await next(input);
        } catch (error) {
          const failure = toApplicationFailure(error, attempt.tries, services.config.patienceMs);
          const thrown = canPark ? await orPark(failure) : failure;
          // Temporal passes the last details to the next attempt.
          context.heartbeat(parks(thrown) ? PARKED_DETAILS : attempt.details());
          logFailure(services, context, thrown, error, attempt.position(), input.args[0] as Subject | undefined);
          throw thrown;
        } finally {
          clearInterval(timer);
        }
      },
    },
  });
}

/** The common fields of the inputs of activities. */
interface Subject {
  run?: string;
  source?: string;
}

/** `failure` must not contain `error`, because all users of Temporal can read the history. */
function logFailure(
  { log }: Services,
  context: Context,
  failure: Error,
  error: unknown,
  position: Position,
  { run = '', source }: Subject = {},
): void {
  // The worker is stopping, or a user has cancelled the run. Neither is a failure to report.
  if (failure instanceof CancelledFailure || context.cancellationSignal.aborted) return;
  const known = failure instanceof ApplicationFailure ? failure : undefined;
  const kind = known?.type ?? 'defect';
  const behaviour = error instanceof Failure ? behaviourOf(error.kind) : undefined;
  const at = { ...position, ...locationOfError(error) };
  const fields = { kind, ...at, cause: causeOf(error), again: known?.nonRetryable !== true };
  // A failure that is always retried needs no action by a user.
  const level = kind === 'defect' ? 'error' : behaviour?.retry === 'always' ? 'info' : 'warn';
  activityLog(log, run, source)[level](fields, known?.message ?? `${failure.name} in Rollcall itself`);
}
