import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Threads } from '../threads/pool.js';
import type { KeyRingFile } from '../privacy/key-ring.js';
import type { SourceRegistry } from '../sources/loading/registry.js';
import type { Store } from '../store/database.js';

/** The services that every activity uses; `worker.ts` composes them once. */
export interface Dependencies {
  store: Store;
  sources: SourceRegistry;
  threads: Threads;
  /** The keys that mask and seal personal data. */
  keys: KeyRingFile;
  config: Config;
  log: Logger;
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
