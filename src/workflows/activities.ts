import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { Timings } from '../model/timings.js';

/**
 * The activities that heartbeat. Storage that is away is waited for; what is hopeless says so itself (`activities/failures.ts`).
 * `activityId` is the id of the one that is called: without it Temporal counts.
 */
export function patientActivities({ heartbeatMs, retryMs, retryMaxMs }: Timings, activityId?: string) {
  const common = {
    ...(activityId ? { activityId } : {}),
    heartbeatTimeout: heartbeatMs,
    retry: { initialInterval: retryMs, backoffCoefficient: 2, maximumInterval: retryMaxMs },
  };
  const { fetchPages, normalizePages, mergeRecords, closeListing } = proxyActivities<Activities>({
    ...common,
    startToCloseTimeout: '20 minutes',
  });
  /** A whole listing at once, as long as it is. */
  const { deliverRecords } = proxyActivities<Activities>({ ...common, startToCloseTimeout: '24 hours' });
  /** What follows a run is not worth more than a few tries. */
  const { writeReport, pruneRawPages } = proxyActivities<Activities>({
    ...common,
    startToCloseTimeout: '30 minutes',
    retry: { ...common.retry, maximumAttempts: 3 },
  });
  return { fetchPages, normalizePages, mergeRecords, closeListing, deliverRecords, writeReport, pruneRawPages };
}

export type PatientActivities = ReturnType<typeof patientActivities>;

/** Small bookkeeping: local, because a full activity would cost more than its work. */
export const { openListing, resumeListing, openInventoryRun, closeInventoryRun, recountRun } =
  proxyLocalActivities<Activities>({
    startToCloseTimeout: '30 seconds',
    retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
  });
