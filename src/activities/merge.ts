import { Context } from '@temporalio/activity';
import { LeaseLost, releaseLease, takeLease } from '../store/leases.js';
import { LEASE_TTL_MS, mergeBatch, type Merged } from '../store/merge.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';

export interface MergeInput {
  run: string;
}

export interface MergeResult extends Merged {
  /** Changed records are left: come again. */
  more: boolean;
}

const BATCH = 1_000;
const BUDGET_MS = 120_000;
const POLL_MS = 250;

/**
 * Merges changed records of all sources into hosts until none is left or the budget is used. One merge at a time: a second
 * one waits for the lease, and by the time it has it there is usually nothing left to do.
 */
export function mergeActivity({ store, log, config }: Dependencies) {
  return async function mergeRecords(input: MergeInput): Promise<MergeResult> {
    const { workflowExecution, activityId } = Context.current().info;
    // Stable over attempts: a retry after a crash takes the dead attempt's lease at once.
    const holder = `${workflowExecution?.workflowId ?? 'local'}/${workflowExecution?.runId ?? ''}/${activityId}`;
    const sum: MergeResult = { settled: 0, created: 0, changed: 0, removed: 0, more: false };
    const signal = Context.current().cancellationSignal;
    const started = Date.now();

    const work = async () => {
      while (!signal.aborted) {
        const lease = await takeLease(store, 'merge:hosts', holder, LEASE_TTL_MS);
        if (!lease) {
          if ((await store.records.findOne({ dirty: true }, { projection: { _id: 1 } })) === null) return;
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          continue;
        }
        try {
          for (;;) {
            const merged = await mergeBatch(store, lease, BATCH);
            if (merged.settled === 0) return;
            for (const count of ['settled', 'created', 'changed', 'removed'] as const) sum[count] += merged[count];
            if (signal.aborted || Date.now() - started > BUDGET_MS) {
              sum.more = true;
              return;
            }
          }
        } catch (error) {
          if (!(error instanceof LeaseLost)) throw error;
        } finally {
          await releaseLease(store, lease).catch(() => {}); // it runs out by itself
        }
      }
    };

    return withHeartbeat(
      () => ({ settled: sum.settled }),
      async () => {
        try {
          await work();
          return sum;
        } catch (error) {
          activityLog(log, input.run).error({ settled: sum.settled, error: (error as Error).name }, 'Merging stopped');
          throw toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs);
        }
      },
    );
  };
}
