import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { Config } from '../../config.js';
import { sourceWorkflowId } from '../../model/workflow-ids.js';
import { viewSource, type SourceView } from '../watch/view.js';

/** An execution of a run's workflow. */
export interface Execution {
  workflowId: string;
  runId: string;
}

/** A source whose workflow is open: it is being collected, or parked. */
export interface OpenSource extends SourceView {
  /** The run that started the workflow; the run may have ended. */
  parent?: Execution;
}

/**
 * The sources among `names` whose workflow is open. Each workflow is described separately, because Temporal's list may be a
 * second old.
 */
export async function openSources(client: Client, config: Config, names: readonly string[]): Promise<OpenSource[]> {
  const found = await Promise.all(names.map((name) => openSource(client, config, name)));
  return found.flatMap((source) => source ?? []);
}

async function openSource(client: Client, config: Config, source: string): Promise<OpenSource | undefined> {
  const workflowId = sourceWorkflowId(config.temporal.taskQueue, source);
  const description = await describe(client, { workflowId });
  if (description?.status.name !== 'RUNNING') return undefined;
  const { workflowId: parentId, runId } = description.parentExecution ?? {};
  return {
    ...(await viewSource(client, source, workflowId, description)),
    ...(parentId && runId ? { parent: { workflowId: parentId, runId } } : {}),
  };
}

/** The running runs: the runs that Temporal lists, and the parents of `sources`, which Temporal may not list yet. */
export async function openRuns(
  client: Client,
  config: Config,
  sources: readonly OpenSource[],
): Promise<(Execution & { started: Date })[]> {
  const runs = new Map<string, Execution & { started: Date }>();
  const query = `WorkflowType = 'collectInventory' AND TaskQueue = '${config.temporal.taskQueue}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId, runId, startTime } of client.workflow.list({ query }))
    runs.set(runId, { workflowId, runId, started: startTime });
  for (const { parent } of sources) {
    if (!parent || runs.has(parent.runId)) continue;
    const description = await describe(client, parent);
    if (description?.status.name === 'RUNNING') runs.set(parent.runId, { ...parent, started: description.startTime });
  }
  return [...runs.values()].sort((a, b) => a.started.getTime() - b.started.getTime());
}

/**
 * The open execution of a run; `undefined` if the workflow has ended, or if it executes another run now. The run's id ends with
 * a part of Temporal's run id.
 */
export async function isOpen(
  client: Client,
  run: { _id: string; workflow_id: string },
): Promise<Execution | undefined> {
  const description = await describe(client, { workflowId: run.workflow_id });
  if (description?.status.name !== 'RUNNING' || !run._id.endsWith(description.runId.slice(-8))) return undefined;
  return { workflowId: description.workflowId, runId: description.runId };
}

async function describe(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId?: string },
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId, runId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
