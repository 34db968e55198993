import type { Client } from '@temporalio/client';
import type { Config } from '../../config.js';

/** `TASK_QUEUE_TYPE_WORKFLOW` and `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const TYPES = [1, 2] as const;
/** An idle worker polls at least once a minute. */
const SILENT_MS = 2 * 60_000;

export interface Poller {
  identity: string;
  last: Date;
}

/** Workers that polled for both kinds of tasks within the last two minutes. */
export async function describeQueue(client: Client, { temporal }: Config): Promise<{ pollers: Poller[] }> {
  const [workflows, activities] = await Promise.all(
    TYPES.map(async (taskQueueType) => {
      const { pollers } = await client.workflowService.describeTaskQueue({
        namespace: temporal.namespace,
        taskQueue: { name: temporal.taskQueue },
        taskQueueType,
      });
      return (pollers ?? []).map(({ identity, lastAccessTime }) => ({
        identity: identity ?? '',
        last: new Date(Number(lastAccessTime?.seconds ?? 0) * 1000),
      }));
    }),
  );
  const recent = ({ last }: Poller) => last.getTime() > Date.now() - SILENT_MS;
  const both = new Set(workflows!.filter(recent).map(({ identity }) => identity));
  return { pollers: activities!.filter((poller) => recent(poller) && both.has(poller.identity)) };
}
