import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import type { RunHandle } from '../../client.js';
import type { SourceAccount } from '../../model/run.js';
import { progressQuery, runProgressQuery, type SourceProgress } from '../../model/messages.js';
import { waitingIn, type Waiting } from './pending-activity.js';

/** The current state of one source of a run. Progress and account are both absent if its workflow could not be queried. */
export interface SourceView {
  source: string;
  workflowId: string;
  /** When its workflow started: the first execution of a chain that continued as new. */
  since?: Date;
  progress?: SourceProgress;
  /** Its outcome in this run, if it has one; it may still be parked. */
  account?: SourceAccount;
  /** The run merges the records of all its sources: the number merged so far. */
  merging?: number;
  waiting: Waiting[];
}

/**
 * Time limit of a query. Without a worker, queries get no response; the view then has only the state that Temporal itself
 * stores.
 */
const QUERY_MS = 3_000;

/** All sources of the run, queried from the workflows themselves; empty when the run cannot be queried. */
export async function viewRun(client: Client, handle: RunHandle): Promise<SourceView[]> {
  const run = await tryQuery(client, () => handle.query(runProgressQuery));
  return Promise.all(
    Object.entries(run?.sources ?? {}).map(async ([source, { workflowId, account }]) =>
      account
        ? { source, workflowId, account, ...(run?.merging ? { merging: run.merging.records } : {}), waiting: [] }
        : viewSource(client, source, workflowId),
    ),
  );
}

/** One source by its workflow; `known` is its description if the caller already has it. */
export async function viewSource(
  client: Client,
  source: string,
  workflowId: string,
  known?: WorkflowExecutionDescription,
): Promise<SourceView> {
  const handle = client.workflow.getHandle(workflowId);
  const [progress, description] = await Promise.all([
    tryQuery(client, () => handle.query(progressQuery)),
    known ?? tryQuery(client, () => handle.describe()),
  ]);
  const since = startOf(description);
  return {
    source,
    workflowId,
    ...(since ? { since } : {}),
    ...(progress ? { progress } : {}),
    // A parked source has no pending activity: its progress contains the reason.
    waiting: description && progress?.state !== 'parked' ? waitingIn(description) : [],
  };
}

function startOf(description: WorkflowExecutionDescription | undefined): Date | undefined {
  const first = description?.raw.workflowExtendedInfo?.originalStartTime;
  return optionalTsToDate(first) ?? description?.startTime;
}

async function tryQuery<T>(client: Client, question: () => Promise<T>): Promise<T | undefined> {
  return client.withDeadline(Date.now() + QUERY_MS, question).catch(() => undefined);
}
