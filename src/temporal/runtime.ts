import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { sdkMetrics } from '../metrics/sdk-metrics.js';
import { onFreePort } from '../servers/ports.js';

/** Of what Temporal's SDK tells beside a message: what helps to find the line's run, and nothing that may hold a payload. */
const TOLD = ['workflowId', 'runId', 'activityType', 'attempt', 'sdkComponent'] as const;

/** Said of each failed try in a line of our own, which knows the run, the source and the place. */
const OURS = new Set(['Activity failed']);

/**
 * Makes Temporal's runtime of this process: its warnings go to our log. With metrics it shows them on a port of loopback, which is
 * returned; where none can be had it goes without.
 */
export async function installRuntime(log: Logger, metrics: boolean): Promise<number | undefined> {
  const logger = new DefaultLogger('WARN', ({ level, message, meta = {} }) => {
    if (OURS.has(message)) return;
    const fields = Object.fromEntries(TOLD.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]])));
    log[level === 'ERROR' ? 'error' : 'warn']({ temporal: true, ...fields }, message);
  });
  if (metrics) {
    try {
      return await onFreePort(undefined, async (port) => {
        Runtime.install({ logger, telemetryOptions: sdkMetrics(port) });
        return port;
      });
    } catch (error) {
      log.warn({ error: (error as Error).message }, "No metrics of Temporal's SDK");
    }
  }
  Runtime.install({ logger });
  return undefined;
}
