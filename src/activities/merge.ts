import { Context } from '@temporalio/activity';
import { countingMerge } from '../metrics/merging.js';
import { mergeChanged, type MergeResult } from '../merge/drain.js';
import type { Merged } from '../merge/merged.js';
import type { PartsInput } from '../merge/plan/merge-parts.js';
import { setAsideWarning } from '../merge/set-aside.js';
import { describeAttempt } from './attempt.js';
import { activityLog, type Dependencies } from './context.js';

/** The counts of a merge. */
export interface MergeOutcome extends MergeResult {
  /** By source: a message about its records that were set aside. */
  warnings?: Record<string, string>;
}

export interface MergeInput {
  run: string;
}

const BUDGET_MS = 120_000;

export function mergeActivities({ store, threads, log }: Dependencies) {
  return {
    /**
     * Merges changed records of all sources into hosts until none is left or the budget is used. Plans the first merge of an
     * inventory, and leaves its parts to `mergeRecordParts`.
     */
    async mergeRecords(input: MergeInput): Promise<MergeOutcome> {
      const { workflowExecution, activityId } = Context.current().info;
      const started = Date.now();
      const count = countingMerge();
      const setAside: string[] = [];
      let records = 0;
      describeAttempt({ details: () => ({ records }), position: () => ({ records }) });
      const merged = await mergeChanged(store, {
        holder: `${workflowExecution?.workflowId ?? 'local'}/${workflowExecution?.runId ?? ''}/${activityId}`,
        run: input.run,
        signal: Context.current().cancellationSignal,
        budgetMs: BUDGET_MS,
        leaveParts: true,
        onBatch: (sum) => {
          records = sum.records;
          count(sum);
        },
        onAside: (records) => void setAside.push(...records),
      });
      count(merged);
      const line = activityLog(log, input.run);
      if (merged.records > 0) line.info({ ...merged, ms: Date.now() - started }, 'Records merged');
      if (setAside.length === 0) return merged;
      line.error({ records: setAside.slice(0, 100), count: setAside.length }, setAsideWarning(setAside));
      return { ...merged, warnings: warningsOf(setAside) };
    },

    /** Merges parts of the current plan. Several activities, on any worker, share the parts. */
    async mergeRecordParts(input: PartsInput): Promise<Merged> {
      const started = Date.now();
      const count = countingMerge();
      let records = 0;
      describeAttempt({ details: () => ({ records }), position: () => ({ records }) });
      const merged = await threads.mergeParts(input, Context.current().cancellationSignal, (sum) => {
        records = sum.records;
        count(sum);
      });
      count(merged);
      const { index, of } = input.share;
      if (merged.records > 0)
        activityLog(log, input.run).info({ index, of, ...merged, ms: Date.now() - started }, 'Planned records merged');
      return merged;
    },
  };
}

/** Messages about records that were set aside, by source. */
function warningsOf(setAside: readonly string[]): Record<string, string> {
  const bySource = new Map<string, string[]>();
  for (const id of setAside) {
    const source = id.slice(0, id.indexOf(':'));
    bySource.set(source, [...(bySource.get(source) ?? []), id]);
  }
  return Object.fromEntries([...bySource].map(([source, records]) => [source, setAsideWarning(records)]));
}
