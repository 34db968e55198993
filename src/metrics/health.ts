import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Store } from '../store/database.js';
import { within } from './ttl-cache.js';

/** The parts of a worker that exist so far. */
export interface Parts {
  store?: Store;
  connection?: NativeConnection;
  worker?: Worker;
}

/** Limits the response time of the health endpoint when a server is slow. */
const PATIENCE_MS = 2_000;

/** `false` only for a failed worker. While Temporal or MongoDB is unreachable, a restart would not help. */
export const isLive = ({ worker }: Parts): boolean => worker?.getState() !== 'FAILED';

/** The state of each dependency: `ok`, or why this worker takes no work. */
export async function checksOf({ store, connection, worker }: Parts): Promise<Record<string, string>> {
  const [mongodb, temporal] = await Promise.all([
    pinged(store && (() => store.db.command({ ping: 1 }, { timeoutMS: PATIENCE_MS }))),
    pinged(
      connection &&
        (() => connection.withDeadline(Date.now() + PATIENCE_MS, () => connection.workflowService.getSystemInfo({}))),
    ),
  ]);
  const state = worker?.getState() ?? 'starting';
  return { mongodb, temporal, worker: state === 'RUNNING' ? 'ok' : state.toLowerCase() };
}

async function pinged(ask: (() => Promise<unknown>) | undefined): Promise<string> {
  if (!ask) return 'starting';
  const outcome = ask().then(
    () => 'ok',
    () => 'does not respond',
  );
  return (await within(PATIENCE_MS, outcome)) ?? 'does not respond';
}
