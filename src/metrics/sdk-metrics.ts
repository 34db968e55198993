import { type Client } from '@temporalio/client';
import type { TelemetryOptions } from '@temporalio/worker';
import { Gauge } from 'prom-client';
import type { Config } from '../config.js';
import { ttlCached } from './ttl-cache.js';
import { registry } from './registry.js';

/** Options that make Temporal's SDK expose its metrics on a loopback port, with Prometheus's naming conventions. */
export function sdkMetrics(port: number): TelemetryOptions {
  const names = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  return { metrics: { prometheus: { bindAddress: `127.0.0.1:${port}`, ...names } } };
}

const PATIENCE_MS = 2_000;

/** The SDK's metrics as text; empty when the SDK does not respond in time. */
export async function readSdkMetrics(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}

const backlog = new Gauge({
  name: 'rollcall_task_queue_backlog',
  help: 'Tasks that wait for a worker, as Temporal estimates',
  labelNames: ['type'],
  registers: [registry],
});

/** `TaskQueueType` of Temporal's API. */
const TYPES = { workflow: 1, activity: 2 } as const;

/** Returns a function that updates the task queue's gauges at each scrape. */
export function taskQueueGauges(client: Client, { temporal }: Config): () => Promise<void> {
  const { namespace, taskQueue: name } = temporal;
  const count = async (taskQueueType: number) => {
    const { stats } = await client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name },
      taskQueueType,
      reportStats: true,
    });
    return Number(stats?.approximateBacklogCount ?? 0);
  };
  const counts = ttlCached(async () => Promise.all([count(TYPES.workflow), count(TYPES.activity)]), PATIENCE_MS);
  return async () => {
    const now = await counts();
    backlog.reset();
    if (!now) return;
    backlog.set({ type: 'workflow' }, now[0]);
    backlog.set({ type: 'activity' }, now[1]);
  };
}
