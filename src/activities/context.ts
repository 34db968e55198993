import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Normalizer } from '../threads/pool.js';
import type { KeyRingFile } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { beatMs } from '../model/timings.js';
import { PARKED_DETAILS, parks } from './parked.js';

/** The services that every activity uses; `worker.ts` composes them once. */
export interface Dependencies {
  store: Store;
  sources: SourceRegistry;
  normalizer: Normalizer;
  /** The keys that mask and seal personal data. */
  keys: KeyRingFile;
  config: Config;
  log: Logger;
}

/** Interval base for activities without a heartbeat time-out: they still send details. */
const WITHOUT_TIMEOUT_MS = 10_000;

/**
 * Sends heartbeats while `work` runs, several within the heartbeat time-out. Each carries `details()`, and so does one more
 * heartbeat when the work fails, because Temporal passes the last details to the next attempt.
 */
export async function withHeartbeat<T>(details: () => unknown, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const heartbeatMs = context.info.heartbeatTimeoutMs || WITHOUT_TIMEOUT_MS;
  const timer = setInterval(() => context.heartbeat(details()), beatMs({ heartbeatMs }));
  try {
    return await work();
  } catch (error) {
    context.heartbeat(parks(error) ? PARKED_DETAILS : details());
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** Returns a logger that adds run, source, workflow, activity and attempt to every line. */
export function activityLog(log: Logger, run: string, source?: string): Logger {
  const { workflowExecution, activityType, attempt } = Context.current().info;
  return log.child({
    run,
    ...(source ? { source } : {}),
    workflow: workflowExecution?.workflowId,
    activity: activityType,
    attempt,
  });
}
