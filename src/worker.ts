import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { activityOptions } from './activities/index.js';
import { watchAlerts } from './alerts/watch.js';
import { openClient } from './client.js';
import { registerSearchAttributes } from './temporal/search-attributes.js';
import { nativeProxy } from './temporal/proxy.js';
import { loadConfig, type Config } from './config.js';
import { Failure } from './model/failure.js';
import { openLog } from './log/log.js';
import { secretsOf } from './log/secrets.js';
import { countingThreads } from './metrics/threads.js';
import { showWorker } from './metrics/worker.js';
import { useNetwork } from './network/network.js';
import { openThreads } from './threads/pool.js';
import { openKeyRing } from './privacy/key-ring.js';
import { makeFilesPrivate } from './system/private-files.js';
import { installRuntime } from './temporal/runtime.js';
import { makeFirstSchedules } from './temporal/schedules/first.js';
import { loadSources, type SourceRegistry } from './sources/loading/registry.js';
import { assertClocksAgree } from './store/clock.js';
import { openStore, type Store } from './store/database.js';
import { seedSources } from './store/collections/sources.js';
import { stickyMs, throttleMs } from './model/timings.js';

/** Builds a worker from `config`, runs it until SIGINT or SIGTERM, and closes what it opened. */
export async function runWorker(config: Config): Promise<void> {
  useNetwork(config);
  const sources = loadSources({ folders: config.sourceFolders });
  const log = openLog({ ...config.log, secrets: secretsOf(config, sources.all()) });
  const sdkPort = await installRuntime(log, config.metricsAddress !== undefined);
  const shown = await showWorker(config, log, sdkPort);
  const store = await openStore(config.mongodb);
  await assertClocksAgree(store);
  shown.parts.store = store;
  const threads = countingThreads(openThreads(config, store, sources));
  await seedSources(store, sources.all());
  await prepareNamespace(config, log, store, sources);

  const connection = await NativeConnection.connect({
    address: config.temporal.address,
    ...(config.temporal.tls ? { tls: {} } : {}),
    ...(config.temporal.apiKey ? { apiKey: config.temporal.apiKey } : {}),
    ...nativeProxy(config.temporal.address),
  });
  shown.parts.connection = connection;
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
    ...workflowCode(),
    ...activityOptions({ store, sources, threads, keys: openKeyRing(config.keyRing), config, log }),
    maxConcurrentActivityTaskExecutions: 64,
    // With several polls, the first worker takes most of the activities that a workflow schedules at once.
    maxConcurrentActivityTaskPolls: 1,
    maxHeartbeatThrottleInterval: throttleMs(config.timings),
    defaultHeartbeatThrottleInterval: throttleMs(config.timings),
    // After this time, workflows of a killed worker continue on another worker.
    stickyQueueScheduleToStartTimeout: stickyMs(config.timings),
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '30 seconds',
  });
  shown.parts.worker = worker;
  shown.show(store, client, sources);
  const alerts = watchAlerts({ store, config, sources, client, log });
  log.info(
    { taskQueue: config.temporal.taskQueue, temporal: config.temporal.address, sources: sources.names() },
    'Worker is ready',
  );
  try {
    await worker.run();
  } finally {
    await alerts.stop();
    await shown.close();
    await connection.close();
    await threads.close();
    await store.close();
  }
  log.info('Worker has stopped');
}

async function prepareNamespace(config: Config, log: Logger, store: Store, sources: SourceRegistry): Promise<void> {
  const client = await openClient(config.temporal);
  if (!(await registerSearchAttributes(client, config.temporal.namespace))) {
    log.warn(
      'Search attributes RollcallSource and RollcallStatus are not registered: runs cannot be filtered by them in the Web UI',
    );
  }
  await makeFirstSchedules({ client, store, config, log }, sources);
  await client.connection.close();
}

/**
 * The workflow bundle of the build. Without a bundle (from TypeScript, in tests), the worker bundles the workflows at its
 * start.
 */
function workflowCode(): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const codePath = join(__dirname, '..', 'workflow-bundle.js');
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath: join(__dirname, 'workflows') };
}

if (require.main === module) {
  makeFilesPrivate();
  // Reading a page allocates much memory for a short time. When V8 collects garbage sooner, a worker uses a fifth less memory,
  // at little cost.
  setFlagsFromString('--heap-growing-percent=100');
  void (async () => {
    try {
      await runWorker(loadConfig());
    } catch (error) {
      const known = error instanceof Failure;
      process.stderr.write(`${known ? `${error.message}\n${error.details.remedy ?? ''}` : (error as Error).message}\n`);
      if (process.env['ROLLCALL_DEBUG']) process.stderr.write(`${(error as Error).stack}\n`);
      process.exit(known && error.kind === 'settings-invalid' ? 2 : 5);
    }
  })();
}
