import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Store } from '../store/database.js';
import { within } from './ttl-cache.js';

/** What a worker is made of, as far as it has been made. */
export interface Parts {
  store?: Store;
  connection?: NativeConnection;
  worker?: Worker;
}

/** One of the servers may be slow: the answer is not. */
const PATIENCE_MS = 2_000;

/** A worker that has failed ends by itself; until then, and while Temporal or MongoDB are away, a restart would not help. */
export const isLive = ({ worker }: Parts): boolean => worker?.getState() !== 'FAILED';

/** Whether this worker takes work, and what keeps it from that. */
export async function checksOf({ store, connection, worker }: Parts): Promise<Record<string, string>> {
  const [mongodb, temporal] = await Promise.all([
    answers(store && (() => store.db.command({ ping: 1 }, { timeoutMS: PATIENCE_MS }))),
    answers(
      connection &&
        (() => connection.withDeadline(Date.now() + PATIENCE_MS, () => connection.workflowService.getSystemInfo({}))),
    ),
  ]);
  const state = worker?.getState() ?? 'starting';
  return { mongodb, temporal, worker: state === 'RUNNING' ? 'ok' : state.toLowerCase() };
}

async function answers(ask: (() => Promise<unknown>) | undefined): Promise<string> {
  if (!ask) return 'starting';
  const asked = ask().then(
    () => 'ok',
    () => 'does not answer',
  );
  return (await within(PATIENCE_MS, asked)) ?? 'does not answer';
}
