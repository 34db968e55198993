import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared';
import pino from 'pino';
import { activityOptions } from '../../src/activities/index.js';
import { startRun } from '../../src/client.js';
import { registerSearchAttributes } from '../../src/temporal/search-attributes.js';
import { loadConfig, type Config } from '../../src/config.js';
import { openThreads } from '../../src/threads/pool.js';
import { openKeyRing } from '../../src/privacy/key-ring.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { openStore, type Store } from '../../src/store/database.js';
import { seedSources } from '../../src/store/collections/sources.js';
import { stickyMs, throttleMs } from '../../src/model/timings.js';
import type { RunSummary } from '../../src/workflows/collect-inventory.js';
import type { CollectInventoryInput } from '../../src/workflows/inputs.js';
import { dropStore, emptyStore, takeDatabase } from './store.js';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

/** The whole pipeline in this process, on the shared real servers, with its own database and task queue. */
export interface Pipeline {
  config: Config;
  store: Store;
  env: TestWorkflowEnvironment;
  /** Collects and waits. Returns the summary of a failed run too. */
  collect(input: CollectInventoryInput): Promise<RunSummary>;
  start(input: CollectInventoryInput): ReturnType<typeof startRun>;
  /** Resets its database to the initial state. No run may be in progress. This costs a tenth of another pipeline. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

let installed = false;

/**
 * Opens a pipeline whose sources read `environment`. Close it in `afterAll`: that drops its database unless `keepData`
 * is set.
 */
export async function openPipeline(environment: Record<string, string>, keepData = false): Promise<Pipeline> {
  if (!installed) Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  installed = true;
  withoutPromiseHooks();
  const name = `t${randomUUID().slice(0, 8)}`;
  const config = loadConfig({
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'],
    MONGODB_DATABASE: environment['MONGODB_DATABASE'] ?? takeDatabase(),
    TEMPORAL_TASK_QUEUE: name,
    ROLLCALL_PATIENCE_SECONDS: '1',
    // Not shorter: on a busy machine Temporal would treat a worker as dead. Tests that wait for this timeout set their
    // own value.
    ROLLCALL_HEARTBEAT_SECONDS: '10',
    ROLLCALL_RETRY_SECONDS: '0.2',
    ROLLCALL_RETRY_MAX_SECONDS: '2',
    ...environment,
  });
  const env = await TestWorkflowEnvironment.createFromExistingServer({ address: config.temporal.address });
  const store = await openStore(config.mongodb);
  const sources = loadSources({ folders: config.sourceFolders });
  await seedSources(store, sources.all());
  await registerSearchAttributes(env.client, 'default');
  const codePath = process.env['ROLLCALL_TEST_WORKFLOW_BUNDLE'];
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: name,
    ...(codePath && existsSync(codePath)
      ? { workflowBundle: { codePath } }
      : { workflowsPath: join(__dirname, '../../src/workflows') }),
    ...activityOptions({
      store,
      sources,
      threads: openThreads(config, store, sources),
      keys: openKeyRing(config.keyRing),
      config,
      log: pino({ level: 'silent' }),
    }),
    // The worker runs in this thread: its own thread costs half a second of CPU. In debug mode a busy machine that
    // delays the worker does not look like a deadlock.
    debugMode: true,
    maxConcurrentActivityTaskPolls: 2,
    maxConcurrentWorkflowTaskPolls: 2,
    maxHeartbeatThrottleInterval: throttleMs(config.timings),
    defaultHeartbeatThrottleInterval: throttleMs(config.timings),
    stickyQueueScheduleToStartTimeout: stickyMs(config.timings),
  });
  const running = worker.run();
  const start = (input: CollectInventoryInput) => startRun(env.client, config.temporal, input);
  return {
    config,
    store,
    env,
    start,
    async empty() {
      await emptyStore(store);
      await seedSources(store, sources.all());
    },
    async collect(input) {
      const { handle } = await start(input);
      return summaryOf(handle.result());
    },
    async close() {
      worker.shutdown();
      await running;
      if (keepData) await store.close();
      else await dropStore(store);
      await env.teardown();
    },
  };
}

/**
 * Call this before a worker with workflows starts in this thread. Otherwise Temporal records where each promise of this
 * process is created, for a query that no test uses.
 */
export function withoutPromiseHooks(): void {
  Object.assign(globalHandlers, { setPromiseHook: () => {} });
}

/** The summary of a run, also of a failed one. */
export async function summaryOf(result: Promise<RunSummary>): Promise<RunSummary> {
  try {
    return await result;
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as RunSummary;
    throw error;
  }
}
