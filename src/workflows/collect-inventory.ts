import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { STATUS_ATTRIBUTE } from '../model/messages.js';
import { type RunStatus, type SourceAccount, runStatusOf } from '../model/run.js';
import { closeInventoryRun, openInventoryRun, heartbeatingActivities } from './activities.js';
import { runMaintenance } from './maintenance.js';
import { mergeAll } from './merging.js';
import { problemOf } from './run-outcome.js';
import { RunSources } from './run-sources.js';
import type { CollectInventoryInput } from './inputs.js';

export interface RunSummary {
  run: string;
  status: RunStatus;
  /** Live hosts after the run. */
  hosts: number;
  seconds: number;
  sources: Record<string, SourceAccount>;
  /** Number of merged records; only of a run that only merges. */
  merged?: number;
}

/** Collects sources in parallel into one inventory. A source that fails does not affect the others. */
export async function collectInventory(input: CollectInventoryInput): Promise<RunSummary> {
  const startedAt = new Date();
  const run = `${startedAt.toISOString().slice(0, 19).replace(/\D/g, '')}-${workflowInfo().runId.slice(-8)}`;
  const sources = new RunSources(run, input, startedAt);
  const { accounts } = sources;
  const opened = { run, startedAt: startedAt.toISOString(), sources: input.sources };
  const { timings, mergeable } = await openInventoryRun(opened);
  const activities = heartbeatingActivities(timings);

  let merged: number | undefined;
  try {
    if (input.only === 'merge') ({ records: merged } = await mergeAll(activities, run));
    else if (mergeable && input.only === undefined) await sources.collectAndMerge(timings, activities);
    else await sources.collect(timings);
  } catch (error) {
    if (isCancellation(error)) {
      sources.cancel();
      await CancellationScope.nonCancellable(() => closeInventoryRun({ run, status: 'cancelled', accounts }));
    }
    throw error;
  }

  const status = runStatusOf(Object.values(accounts));
  const ofMerge = merged === undefined ? {} : { merged };
  const { hosts } = await closeInventoryRun({ run, status, accounts, ...ofMerge });
  if (input.searchable) upsertSearchAttributes([{ key: STATUS_ATTRIBUTE, value: status }]);
  const seconds = (Date.now() - startedAt.getTime()) / 1000;
  await runMaintenance(activities, run, input.maintenance ?? []);
  const summary: RunSummary = { run, status, hosts, seconds, sources: accounts, ...ofMerge };
  if (status === 'completed') return summary;
  // The workflow fails unless the run is complete, so that the Web UI shows the workflow as failed, with this message.
  throw ApplicationFailure.create({
    type: status,
    message: Object.entries(accounts)
      .flatMap(([source, account]) => problemOf(source, account, sources.workflowId(source)))
      .join('; '),
    nonRetryable: true,
    details: [summary],
  });
}
