import { isCancellation, log } from '@temporalio/workflow';
import type { HeartbeatingActivities } from './activities.js';

export type MaintenanceTask = 'report' | 'prune';

/** Maintenance failures do not change the run's status. */
export async function runMaintenance(
  activities: HeartbeatingActivities,
  run: string,
  maintenance: readonly MaintenanceTask[],
): Promise<void> {
  for (const work of maintenance) {
    try {
      await (work === 'report' ? activities.writeReport({ run }) : activities.pruneRawPages({ run }));
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn(`Maintenance failed: ${work}`, { run });
    }
  }
}
