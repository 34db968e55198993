import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { RunHandle } from '../../../client.js';
import type { Config } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import type { Store } from '../../../store/database.js';
import type { RunSummary } from '../../../workflows/collect-inventory.js';
import { summaryTable } from '../../shared/summary.js';
import { openSources } from '../../shared/open-workflows.js';
import { summaryOf, watching } from '../../watch/watch.js';
import { summaryOfDoc } from './run-json.js';
import { orphansOf, viewWork, type OpenRun, type Work } from './work.js';

const POLL_MS = 1_000;

/** Shows progress until everything has ended, then the results. `false`: a source did not complete. */
export async function follow(store: Store, client: Client, config: Config, work: Work): Promise<boolean> {
  for (const { run, workflowId } of work.runs) process.stderr.write(`Under way: ${run ? `run ${run}` : workflowId}\n`);
  const ended = Promise.all([
    Promise.all(work.runs.map((run) => endOf(store, client, run))),
    untilEnded(
      client,
      config,
      orphansOf(work).map(({ source }) => source),
    ),
  ]);
  const [summaries] = await watching(() => viewWork(store, client, config, work), ended);
  for (const summary of summaries) if (summary) process.stdout.write(`${summaryTable(summary)}\n`);
  return summaries.every((summary) => summary?.status === 'completed');
}

/** Waits for the result of a run. If the run was cancelled or terminated, returns its stored state. */
async function endOf(
  store: Store,
  client: Client,
  { workflowId, runId, run }: OpenRun,
): Promise<RunSummary | undefined> {
  try {
    return await summaryOf(client.workflow.getHandle(workflowId, runId) as RunHandle);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const doc = run === undefined ? null : await store.runs.findOne({ _id: run });
    if (!doc) throw error;
    return summaryOfDoc(doc);
  }
}

/** Waits until these sources have ended or are parked. */
async function untilEnded(client: Client, config: Config, names: readonly string[]): Promise<void> {
  while (names.length > 0) {
    const open = await openSources(client, config, names);
    if (open.every(({ progress }) => progress?.state === 'parked')) return;
    await sleep(POLL_MS);
  }
}
