import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { parkedSignal, retriedSignal } from '../model/messages.js';
import type { Tries } from './failures.js';
import { behaviourOf, type FailureNote } from '../model/failure.js';

/** Temporal keeps the activity pending for this long, with its failure: until somebody resets it, or its workflow cancels it. */
const PARKED_FOR = '3650 days';

/**
 * What to fail with. A failure that would be final but can be mended parks instead: the workflow is notified, and the activity
 * stays pending, so that the Web UI shows the failure and its buttons (reset, pause, unpause) try it again.
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
    // Unless the workflow knows, nobody waits for the right thing: tried again soon.
    return ApplicationFailure.create(common);
  }
  return ApplicationFailure.create({ ...common, nextRetryDelay: PARKED_FOR });
}

export const parks = (error: unknown): boolean =>
  error instanceof ApplicationFailure && error.nextRetryDelay === PARKED_FOR;

/** The heartbeat details of an attempt that parked. What its source had cost by then no longer counts. */
export const PARKED_DETAILS = { parked: true } as const;

/** What earlier attempts cost, nothing after the activity was parked or reset. */
export function triesSoFar(): Tries {
  const details = Context.current().info.heartbeatDetails as (Tries & { parked?: true }) | undefined;
  return details && !details.parked ? details : { count: 0, since: 0 };
}

/** Notifies the workflow when this attempt was started by hand, after the activity had parked: its source is collected again. */
export async function notifyRetried(): Promise<void> {
  const { attempt, activityId, heartbeatDetails, ...times } = Context.current().info;
  const reset = attempt === 1 && times.currentAttemptScheduledTimestampMs > times.scheduledTimestampMs;
  if (!reset && !(heartbeatDetails as { parked?: true } | undefined)?.parked) return;
  // Without this signal the workflow goes on when the activity ends.
  await workflowOf()
    .signal(retriedSignal, activityId)
    .catch(() => {});
}

function workflowOf() {
  const { info, client } = Context.current();
  const { workflowId, runId } = info.workflowExecution!;
  return client.workflow.getHandle(workflowId, runId);
}
