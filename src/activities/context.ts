import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Normalizer } from '../threads/pool.js';
import type { KeyRingFile } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';
import { beatMs } from '../model/timings.js';
import { PARKED_DETAILS, parks } from './parked.js';

/** What every activity is given: composed once, in worker.ts. */
export interface Dependencies {
  store: Store;
  sources: SourceRegistry;
  normalizer: Normalizer;
  /** What personal data is masked and sealed with. */
  keys: KeyRingFile;
  config: Config;
  log: Logger;
}

/** Beats carry details also where Temporal waits for none. */
const WITHOUT_TIMEOUT_MS = 10_000;

/**
 * Tells Temporal several times within the heartbeat time-out that this process lives and what it knows, while `work` runs. The details of the last
 * beat survive the attempt: `details()` is asked at each beat and once more when the work fails.
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

/** A logger whose every line carries run, source, workflow and attempt. */
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
