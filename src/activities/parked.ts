import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { parkedSignal, retriedSignal } from '../model/messages.js';
import type { Tries } from './retry-policy.js';
import { behaviourOf, type FailureNote } from '../model/failure.js';

/** Retry delay of a parked activity: it stays pending with its failure until a user resets it or its workflow cancels it. */
const PARKED_FOR = '3650 days';

/**
 * Returns the failure to throw. If a person can fix a final failure, the activity parks instead of failing: it notifies its
 * workflow and stays pending, so that the Web UI shows the failure and its buttons (reset, pause, unpause) retry the
 * activity.
 */
export async function orPark(failure: Error): Promise<Error> {
  if (!(failure instanceof ApplicationFailure) || !failure.nonRetryable) return failure;
  const [note] = (failure.details ?? []) as (FailureNote | undefined)[];
  if (!note || note.kind === 'defect' || !behaviourOf(note.kind).parks) return failure;
  const common = { type: note.kind, message: [note.message, note.remedy].filter(Boolean).join('. '), details: [note] };
  const { info } = Context.current();
  try {
    await workflowOf().signal(parkedSignal, info.activityId, note);
  } catch {
    // The workflow does not know that the activity parks, so Temporal retries it soon.
    return ApplicationFailure.create(common);
  }
  return ApplicationFailure.create({ ...common, nextRetryDelay: PARKED_FOR });
}

export const parks = (error: unknown): boolean =>
  error instanceof ApplicationFailure && error.nextRetryDelay === PARKED_FOR;

/**
 * The heartbeat details of an attempt that parked. They do not contain its count of failures, so that the count starts
 * again.
 */
export const PARKED_DETAILS = { parked: true } as const;

/** The failures of earlier attempts; none after the activity was parked or reset. */
export function triesSoFar(): Tries {
  const details = Context.current().info.heartbeatDetails as (Tries & { parked?: true }) | undefined;
  return details && !details.parked ? details : { count: 0, since: 0 };
}

/** Notifies the workflow that its source is collected again, when a user has retried the parked activity. */
export async function notifyRetried(): Promise<void> {
  const { attempt, activityId, heartbeatDetails, ...times } = Context.current().info;
  const reset = attempt === 1 && times.currentAttemptScheduledTimestampMs > times.scheduledTimestampMs;
  if (!reset && !(heartbeatDetails as { parked?: true } | undefined)?.parked) return;
  // If the signal is lost, the workflow learns of the retry only when the activity ends.
  await workflowOf()
    .signal(retriedSignal, activityId)
    .catch(() => {});
}

function workflowOf() {
  const { info, client } = Context.current();
  const { workflowId, runId } = info.workflowExecution!;
  return client.workflow.getHandle(workflowId, runId);
}
