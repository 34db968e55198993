import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from './activities/index.js';
import { openClient, registerSearchAttributes } from './client.js';
import { loadConfig, type Config } from './config.js';
import { Failure } from './failure.js';
import { openLog } from './log.js';
import { openNormalizer } from './normalizer/pool.js';
import { openKeyRing } from './privacy/key-ring.js';
import { loadSources } from './sources/index.js';
import { openStore } from './store/database.js';
import { seedSources } from './store/sources.js';

/** Composes a worker from `config`, runs it until SIGINT or SIGTERM, and closes what it opened. */
export async function runWorker(config: Config): Promise<void> {
  const log = openLog(config.log);
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[level === 'ERROR' ? 'error' : 'warn']({ temporal: meta?.['type'] }, message),
    ),
  });
  const sources = loadSources({ folders: config.sourceFolders });
  const store = await openStore(config.mongodb);
  const normalizer = openNormalizer(config, store, sources);
  const client = await openClient(config.temporal);
  await seedSources(store, sources.all());
  if (!(await registerSearchAttributes(client, config.temporal.namespace))) {
    log.warn(
      'Search attributes RollcallSource and RollcallStatus are not registered: runs cannot be filtered by them in the Web UI',
    );
  }
  await client.connection.close();

  const connection = await NativeConnection.connect({
    address: config.temporal.address,
    ...(config.temporal.tls ? { tls: {} } : {}),
    ...(config.temporal.apiKey ? { apiKey: config.temporal.apiKey } : {}),
  });
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
    ...workflowCode(),
    activities: createActivities({ store, sources, normalizer, keys: openKeyRing(config.keyRing), config, log }),
    maxConcurrentActivityTaskExecutions: 16,
    maxHeartbeatThrottleInterval: '3 seconds',
    defaultHeartbeatThrottleInterval: '3 seconds',
    // A worker that was killed must not hold its workflows for longer than this.
    stickyQueueScheduleToStartTimeout: '5 seconds',
    shutdownGraceTime: '2 seconds',
    shutdownForceTime: '30 seconds',
  });
  log.info(
    { taskQueue: config.temporal.taskQueue, temporal: config.temporal.address, sources: sources.names() },
    'Worker is ready',
  );
  try {
    await worker.run();
  } finally {
    await connection.close();
    await normalizer.close();
    await store.close();
  }
  log.info('Worker has stopped');
}

/** The bundle that the build made; without one (from TypeScript, in tests) workflows are bundled at start. */
function workflowCode(): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const codePath = join(__dirname, '..', 'workflow-bundle.js');
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath: join(__dirname, 'workflows') };
}

if (require.main === module) {
  // Pages leave much garbage behind: collected a little earlier, a worker stays a fifth smaller at hardly any cost.
  setFlagsFromString('--heap-growing-percent=50');
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
