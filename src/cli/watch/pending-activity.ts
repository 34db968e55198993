import type { WorkflowExecutionDescription } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import { printable } from '../../format/printable.js';
import { clock } from '../../format/time.js';

/** Why a workflow makes no progress: an activity failed, or no worker has taken one. */
export interface Waiting {
  /**
   * - `limited`: the vendor asked to wait
   * - `retrying`: the last attempt failed, the next one is due at `next`
   * - `trying`: the attempt after a failed one is under way
   * - `no-worker`: no worker has taken the activity
   */
  kind: 'limited' | 'retrying' | 'trying' | 'no-worker';
  /** The result of the last attempt. */
  because?: string;
  /** The number of the awaited or running attempt, from 1. */
  attempt: number;
  next?: Date;
}

/** `PENDING_ACTIVITY_STATE_SCHEDULED` of Temporal's API. */
const SCHEDULED = 1;
/** An activity that waits longer has no worker, because a running worker takes an activity at once. */
const TAKEN_MS = 3_000;

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** What the pending activities of a workflow wait for, as reported by Temporal. */
export function waitingIn({ raw }: WorkflowExecutionDescription, now = Date.now()): Waiting[] {
  return (raw.pendingActivities ?? []).flatMap((pending) => waitingOf(pending, now) ?? []);
}

function waitingOf(pending: Pending, now: number): Waiting | undefined {
  const attempt = pending.attempt ?? 1;
  const failure = pending.lastFailure;
  const awaited = Number(pending.state) === SCHEDULED;
  const next = optionalTsToDate(pending.nextAttemptScheduleTime);
  const scheduled = optionalTsToDate(pending.scheduledTime)?.getTime() ?? now;
  if (awaited && !next && now - scheduled > TAKEN_MS) return { kind: 'no-worker', attempt };
  if (!failure) return undefined;
  const because = failure.message ?? 'it failed';
  if (!awaited) return attempt > 1 ? { kind: 'trying', because, attempt } : undefined;
  const limited = failure.applicationFailureInfo?.type === 'rate-limited';
  return { kind: limited ? 'limited' : 'retrying', because, attempt, ...(next ? { next } : {}) };
}

/** `rate limited until 14:05:10` */
export function waitingText({ kind, because = '', attempt, next }: Waiting): string {
  if (kind === 'no-worker') return 'no worker takes it: npm start starts one';
  if (kind === 'trying') return `attempt ${attempt} is under way after: ${printable(because)}`;
  if (kind === 'limited') return next ? `rate limited until ${clock(next)}` : 'rate limited';
  return `${printable(because)}; attempt ${attempt} ${next ? `at ${clock(next)}` : 'at once'}`;
}
