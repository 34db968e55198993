import { Context } from '@temporalio/activity';
import { countingMerge } from '../metrics/merging.js';
import { mergeChanged, type MergeResult } from '../merge/drain.js';
import { asideText } from '../merge/set-aside.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';
import { from } from './logged.js';

/** The counts of a merge, and a warning when records were set aside. */
export interface MergeOutcome extends MergeResult {
  warning?: string;
}

export interface MergeInput {
  run: string;
}

const BUDGET_MS = 120_000;

/** Merges changed records of all sources into hosts until none is left or the budget is used. */
export function mergeActivity({ store, log, config }: Dependencies) {
  return async function mergeRecords(input: MergeInput): Promise<MergeOutcome> {
    const { workflowExecution, activityId } = Context.current().info;
    const started = Date.now();
    const count = countingMerge();
    let settled = 0;
    const setAside: string[] = [];
    return withHeartbeat(
      () => ({ settled }),
      async () => {
        try {
          const merged = await mergeChanged(store, {
            holder: `${workflowExecution?.workflowId ?? 'local'}/${workflowExecution?.runId ?? ''}/${activityId}`,
            run: input.run,
            signal: Context.current().cancellationSignal,
            budgetMs: BUDGET_MS,
            onBatch: (sum) => {
              settled = sum.settled;
              count(sum);
            },
            onAside: (records) => void setAside.push(...records),
          });
          count(merged);
          if (merged.settled > 0)
            activityLog(log, input.run).info({ ...merged, ms: Date.now() - started }, 'Records merged');
          if (setAside.length === 0) return merged;
          const warning = asideText(setAside);
          activityLog(log, input.run).error({ records: setAside.slice(0, 100), count: setAside.length }, warning);
          return { ...merged, warning };
        } catch (error) {
          throw from(toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs), error, { settled });
        }
      },
    );
  };
}
