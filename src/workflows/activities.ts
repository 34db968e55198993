import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { Timings } from '../model/timings.js';

/**
 * Proxies of the activities that heartbeat. Temporal retries them without limit while storage is unavailable; the activity
 * marks a failure that no retry can correct as non-retryable (`activities/retry-policy.ts`). Temporal numbers activities
 * without `activityId`.
 */
export function heartbeatingActivities({ heartbeatMs, retryMs, retryMaxMs }: Timings, activityId?: string) {
  const common = {
    ...(activityId ? { activityId } : {}),
    heartbeatTimeout: heartbeatMs,
    // With eager dispatch, the worker that runs the workflow takes all activities, and other workers are idle.
    allowEagerDispatch: false,
    retry: { initialInterval: retryMs, backoffCoefficient: 2, maximumInterval: retryMaxMs },
  };
  const { fetchPages, normalizePages, mergeRecords, mergeRecordParts, closeListing } = proxyActivities<Activities>({
    ...common,
    startToCloseTimeout: '20 minutes',
  });
  /** One call loads a whole listing of any length in order. */
  const { loadEvents } = proxyActivities<Activities>({ ...common, startToCloseTimeout: '24 hours' });
  /** Maintenance is tried three times only, because the next scheduled run repeats it. */
  const { writeReport, pruneRawPages } = proxyActivities<Activities>({
    ...common,
    startToCloseTimeout: '30 minutes',
    retry: { ...common.retry, maximumAttempts: 3 },
  });
  return {
    fetchPages,
    normalizePages,
    mergeRecords,
    mergeRecordParts,
    closeListing,
    loadEvents,
    writeReport,
    pruneRawPages,
  };
}

export type HeartbeatingActivities = ReturnType<typeof heartbeatingActivities>;

/** Short database updates run as local activities, because scheduling a full activity costs more than the update. */
export const { openListing, resumeListing, openInventoryRun, closeInventoryRun, recountRun } =
  proxyLocalActivities<Activities>({
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  });
