// Checks whether the worker of this machine (in a container: the only worker) polls Temporal for work. Exit code 0 or 1.
import { createRequire } from 'node:module';
import { hostname } from 'node:os';

const require = createRequire(import.meta.url);
const { loadConfig } = require('../dist/src/config.js');

/** A worker without a poll for this long is not healthy: an idle worker polls at least once a minute. */
const SILENT_MS = 2 * 60_000;
/** `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const ACTIVITY = 2;

async function look() {
  const config = loadConfig();
  const health = config.metricsAddress && (await askWorker(config.metricsAddress));
  if (health) return health.problem;
  return askTemporal(config.temporal);
}

/**
 * The worker's own health endpoint, at half the cost of a request to Temporal. Returns `undefined` when the connection is refused,
 * because another process may have used the address and the worker works without the endpoint.
 */
async function askWorker(address) {
  // A worker that listens on all addresses also listens on loopback.
  const reachable = address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
  try {
    const response = await fetch(`http://${reachable}/ready`, { signal: AbortSignal.timeout(5_000) });
    const { ready, checks } = await response.json();
    return { problem: ready ? undefined : `The worker is not ready: ${JSON.stringify(checks)}` };
  } catch (error) {
    if (error.cause?.code === 'ECONNREFUSED') return undefined;
    return { problem: `The worker does not respond at ${address}: ${error.cause?.code ?? error.name}` };
  }
}

async function askTemporal(temporal) {
  const { openClient } = require('../dist/src/client.js');
  const client = await openClient(temporal);
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: temporal.taskQueue },
    taskQueueType: ACTIVITY,
  });
  const since = Date.now() - SILENT_MS;
  const alive = pollers.some(
    ({ identity, lastAccessTime }) =>
      // The SDK sets the identity of a worker to PID@HOSTNAME.
      identity.endsWith(`@${hostname()}`) && Number(lastAccessTime?.seconds ?? 0) * 1000 > since,
  );
  return alive ? undefined : `No worker of ${hostname()} polls task queue ${temporal.taskQueue}`;
}

const problem = await look().catch((error) => error.message);
if (problem) console.error(problem);
process.exit(problem ? 1 : 0);
