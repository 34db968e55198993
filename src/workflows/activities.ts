import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';

/** Storage that is away is waited for; what is hopeless says so itself (`activities/failures.ts`). */
const retry = { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;
const heartbeatTimeout = '10 seconds';

export const { fetchPages } = proxyActivities<Activities>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout,
  retry,
});
export const { normalizePages } = proxyActivities<Activities>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout,
  retry,
});
/** A whole listing at once, as long as it is. */
export const { deliverRecords } = proxyActivities<Activities>({
  startToCloseTimeout: '24 hours',
  heartbeatTimeout,
  retry,
});
export const { mergeRecords } = proxyActivities<Activities>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout,
  retry,
});
export const { closeListing } = proxyActivities<Activities>({
  startToCloseTimeout: '20 minutes',
  heartbeatTimeout,
  retry,
});

/** What follows a run is not worth more than a few tries. */
export const { writeReport, pruneRawPages } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout,
  retry: { ...retry, maximumAttempts: 3 },
});

/** Small bookkeeping: local, because a full activity would cost more than its work. */
export const { openListing, resumeListing, openInventoryRun, closeInventoryRun } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry,
});
