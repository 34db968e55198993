import { Client, Connection, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import type { Config } from './config.js';
import { Failure } from './model/failure.js';
import { runWorkflowId } from './model/workflow-ids.js';
import { proxyArguments } from './temporal/proxy.js';
import type { collectInventory } from './workflows/collect-inventory.js';
import type { CollectInventoryInput } from './workflows/inputs.js';
import { searchAttributesReady } from './temporal/search-attributes.js';

export type RunHandle = WorkflowHandle<typeof collectInventory>;

/** Connects to Temporal. Throws `Failure('server-unavailable')` when it does not respond within `timeoutMs`. */
export async function openClient(config: Config['temporal'], timeoutMs = 5_000): Promise<Client> {
  try {
    const connection = await Connection.connect({
      address: config.address,
      connectTimeout: timeoutMs,
      ...(config.tls ? { tls: {} } : {}),
      ...(config.apiKey ? { apiKey: config.apiKey } : {}),
      channelArgs: proxyArguments(config.address),
    });
    return new Client({ connection, namespace: config.namespace });
  } catch {
    throw new Failure('server-unavailable', `Temporal at ${config.address} does not respond`, {
      at: config.address,
      remedy: 'Start it (temporal server start-dev, or docker compose up -d), or correct TEMPORAL_ADDRESS',
    });
  }
}

/** Starts a run, or attaches to the current run of the same sources. */
export async function startRun(
  client: Client,
  config: Config['temporal'],
  input: CollectInventoryInput,
): Promise<{ handle: RunHandle; attached: boolean }> {
  const workflowId = runWorkflowId(config.taskQueue, input.sources);
  const searchable = await searchAttributesReady(client, config.namespace);
  try {
    const handle = await client.workflow.start<typeof collectInventory>('collectInventory', {
      taskQueue: config.taskQueue,
      workflowId,
      args: [{ ...input, prefix: config.taskQueue, searchable }],
      staticSummary: `Collect ${input.sources.join(', ') || 'hosts'}`,
    });
    return { handle, attached: false };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { handle: client.workflow.getHandle<typeof collectInventory>(workflowId), attached: true };
  }
}
