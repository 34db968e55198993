import { Context } from '@temporalio/activity';
import type { WrittenReport } from '../report/report.js';
import { Failure } from '../model/failure.js';
import { pruneRaw } from '../operations/prune/prune.js';
import type { Pruned } from '../operations/prune/pruned.js';
import { withRawLease } from '../store/raw-lease.js';
import { activityLog, type Dependencies } from './context.js';

/** Pruning stops after this time, and the next run continues it. */
const PRUNE_MS = 600_000;

/** Maintenance after a scheduled run. Its failures do not fail the run. */
export function maintenanceActivities({ store, sources, config, log }: Dependencies) {
  return {
    /** Writes the day's report into the worker's report folder, in place of an earlier one of the same day. */
    async writeReport({ run }: { run: string }): Promise<Pick<WrittenReport, 'dir' | 'seconds'>> {
      const signal = Context.current().cancellationSignal;
      // Imported on demand, because the chart code takes megabytes of memory that no other activity needs.
      const { writeReport } = await import('../report/report.js');
      const { dir, seconds, notes } = await writeReport(store, {
        dir: config.reportDir,
        timezone: config.timezone,
        signal,
      });
      activityLog(log, run).info({ dir, seconds, notes }, 'Report written');
      return { dir, seconds };
    },

    /** Removes raw pages that are older than the retention period and that no record needs. */
    async pruneRawPages({ run }: { run: string }): Promise<Pruned> {
      const signal = Context.current().cancellationSignal;
      const pruned = await withRawLease(store, 'pruning after a run', (lease) =>
        pruneRaw(store, sources, { keepDays: config.rawKeepDays, budgetMs: PRUNE_MS, signal, lease }),
      ).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        activityLog(log, run).info(`${error.message}: the next run prunes instead`);
        return { pages: 0, unused: 0, bodies: 0, bytes: 0, more: true };
      });
      if (pruned.pages + pruned.bodies > 0) activityLog(log, run).info({ ...pruned }, 'Old raw pages removed');
      return pruned;
    },
  };
}
