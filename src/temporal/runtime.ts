import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { sdkMetrics } from '../metrics/sdk-metrics.js';
import { onFreePort } from '../servers/ports.js';

/** Fields of the SDK's log lines that are kept: they identify the run, and none may hold a payload. */
const LOGGED_FIELDS = ['workflowId', 'runId', 'activityType', 'attempt', 'sdkComponent'] as const;

/** SDK messages that are dropped, because Rollcall logs each failed attempt itself with run, source and position. */
const LOGGED_BY_ROLLCALL = new Set(['Activity failed']);

/**
 * Installs Temporal's runtime in this process and sends its warnings to Rollcall's log. With `metrics` it serves the SDK's
 * metrics on a loopback port and returns the port; `undefined` when no port is available.
 */
export async function installRuntime(log: Logger, metrics: boolean): Promise<number | undefined> {
  const logger = new DefaultLogger('WARN', ({ level, message, meta = {} }) => {
    if (LOGGED_BY_ROLLCALL.has(message)) return;
    const fields = Object.fromEntries(
      LOGGED_FIELDS.flatMap((name) => (meta[name] === undefined ? [] : [[name, meta[name]]])),
    );
    log[level === 'ERROR' ? 'error' : 'warn']({ temporal: true, ...fields }, message);
  });
  if (metrics) {
    try {
      return await onFreePort(undefined, async (port) => {
        Runtime.install({ logger, telemetryOptions: sdkMetrics(port) });
        return port;
      });
    } catch (error) {
      log.warn({ error: (error as Error).message }, "Metrics of Temporal's SDK are not available");
    }
  }
  Runtime.install({ logger });
  return undefined;
}
