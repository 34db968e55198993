import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import type { RunHandle } from '../../client.js';
import type { SourceAccount } from '../../model/run.js';
import { progressQuery, runProgressQuery, type SourceProgress } from '../../model/messages.js';
import { waitingIn, type Waiting } from './pending-activity.js';

/** One source of a run, as it is right now. Neither progress nor account: it could not be asked. */
export interface SourceView {
  source: string;
  workflowId: string;
  /** When its workflow began, the first of a chain that was continued as new. */
  since?: Date;
  progress?: SourceProgress;
  /** What it came to in this run, when it has: it may be parked all the same. */
  account?: SourceAccount;
  waiting: Waiting[];
}

/** Without a worker a query is not answered: then what Temporal itself knows has to do. */
const QUERY_MS = 3_000;

/** Every source of the run, asked from the workflows themselves; empty when the run cannot be asked right now. */
export async function viewRun(client: Client, handle: RunHandle): Promise<SourceView[]> {
  const asked = await asking(client, () => handle.query(runProgressQuery));
  return Promise.all(
    Object.entries(asked?.sources ?? {}).map(async ([source, { workflowId, account }]) =>
      account ? { source, workflowId, account, waiting: [] } : viewSource(client, source, workflowId),
    ),
  );
}

/** One source by its workflow; `known` when that was described already. */
export async function viewSource(
  client: Client,
  source: string,
  workflowId: string,
  known?: WorkflowExecutionDescription,
): Promise<SourceView> {
  const handle = client.workflow.getHandle(workflowId);
  const [progress, description] = await Promise.all([
    asking(client, () => handle.query(progressQuery)),
    known ?? asking(client, () => handle.describe()),
  ]);
  const since = startOf(description);
  return {
    source,
    workflowId,
    ...(since ? { since } : {}),
    ...(progress ? { progress } : {}),
    // Of a parked source its progress tells why, and that nothing is due.
    waiting: description && progress?.state !== 'parked' ? waitingIn(description) : [],
  };
}

function startOf(description: WorkflowExecutionDescription | undefined): Date | undefined {
  const first = description?.raw.workflowExtendedInfo?.originalStartTime;
  return optionalTsToDate(first) ?? description?.startTime;
}

async function asking<T>(client: Client, question: () => Promise<T>): Promise<T | undefined> {
  return client.withDeadline(Date.now() + QUERY_MS, question).catch(() => undefined);
}
