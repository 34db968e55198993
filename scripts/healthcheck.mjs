// Says whether the worker of this machine (in its container: the only one) takes work from Temporal. Exit code 0 or 1.
import { createRequire } from 'node:module';
import { hostname } from 'node:os';

const require = createRequire(import.meta.url);
const { loadConfig } = require('../dist/src/config.js');

/** An idle worker asks for work once a minute at least. */
const SILENT_MS = 2 * 60_000;
/** `TASK_QUEUE_TYPE_ACTIVITY` of Temporal's API. */
const ACTIVITY = 2;

async function look() {
  const config = loadConfig();
  const told = config.metricsAddress && (await askWorker(config.metricsAddress));
  if (told) return told.problem;
  return askTemporal(config.temporal);
}

/** What the worker says of itself, at half the cost. Nothing where nobody listens: its address may have been taken. */
async function askWorker(address) {
  // Where it listens on all addresses, this one is among them.
  const reachable = address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
  try {
    const response = await fetch(`http://${reachable}/ready`, { signal: AbortSignal.timeout(5_000) });
    const { ready, checks } = await response.json();
    return { problem: ready ? undefined : `The worker is not ready: ${JSON.stringify(checks)}` };
  } catch (error) {
    if (error.cause?.code === 'ECONNREFUSED') return undefined;
    return { problem: `The worker does not answer at ${address}: ${error.cause?.code ?? error.name}` };
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
      // The SDK calls a worker PID@HOSTNAME.
      identity.endsWith(`@${hostname()}`) && Number(lastAccessTime?.seconds ?? 0) * 1000 > since,
  );
  return alive ? undefined : `No worker of ${hostname()} polls task queue ${temporal.taskQueue}`;
}

const problem = await look().catch((error) => error.message);
if (problem) console.error(problem);
process.exit(problem ? 1 : 0);
