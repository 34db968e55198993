import { Context } from '@temporalio/activity';
import { mergeChanged, type MergeResult } from '../store/drain.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';

export type { MergeResult } from '../store/drain.js';

export interface MergeInput {
  run: string;
}

const BUDGET_MS = 120_000;

/** Merges changed records of all sources into hosts until none is left or the budget is used. */
export function mergeActivity({ store, log, config }: Dependencies) {
  return async function mergeRecords(input: MergeInput): Promise<MergeResult> {
    const { workflowExecution, activityId } = Context.current().info;
    let settled = 0;
    return withHeartbeat(
      () => ({ settled }),
      async () => {
        try {
          return await mergeChanged(store, {
            holder: `${workflowExecution?.workflowId ?? 'local'}/${workflowExecution?.runId ?? ''}/${activityId}`,
            run: input.run,
            signal: Context.current().cancellationSignal,
            budgetMs: BUDGET_MS,
            onBatch: (sum) => (settled = sum.settled),
          });
        } catch (error) {
          activityLog(log, input.run).error({ settled, error: (error as Error).name }, 'Merging stopped');
          throw toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs);
        }
      },
    );
  };
}
