import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServers } from '../src/servers/servers.js';
import { loadConfig, type Config } from '../src/config.js';
import { WORKER_FLAGS } from '../src/system/worker-flags.js';
import { spawnSimulator, type SpawnedSimulator } from '../simulator/spawn.js';

export type Fleet = 'lean' | 'fat';

/** Servers and one or more worker processes. No other measurement uses them. */
export interface WorkerStack {
  config: Config;
  /** The first worker, if there are several. */
  worker: ChildProcess;
  stop(): Promise<void>;
}

export interface BenchStack extends WorkerStack {
  simulator: SpawnedSimulator;
}

/** Rows per page: 6 MB of lean records, 10 MB of fat ones. */
export const PAGE_SIZE: Record<Fleet, number> = { lean: 1_000, fat: 100 };

export const SOURCES = ['qualys-demo', 'crowdstrike-demo'];

/** Starts fresh servers on an empty folder, the simulator, and the worker processes. */
export async function openBenchStack(options: {
  hosts: number;
  fleet: Fleet;
  pageSize?: number;
  latency?: number;
  workers?: number;
}): Promise<BenchStack> {
  const simulator = await spawnSimulator({
    hosts: options.hosts,
    seed: 7,
    fleet: options.fleet,
    ...(options.latency ? { latency: options.latency } : {}),
  });
  const environment = {
    ...simulator.environment,
    QUALYS_DEMO_PAGE_SIZE: String(options.pageSize ?? PAGE_SIZE[options.fleet]),
    CROWDSTRIKE_DEMO_PAGE_SIZE: String(options.pageSize ?? PAGE_SIZE.lean),
  };
  const stack = await openWorkerStack(environment, options.workers);
  return {
    ...stack,
    simulator,
    async stop() {
      await stack.stop();
      await simulator.stop();
    },
  };
}

/** Starts fresh servers on an empty folder, and worker processes with the variables in `environment`. */
export async function openWorkerStack(environment: Record<string, string>, count = 1): Promise<WorkerStack> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const servers = await openServers({ dir, notify: () => {}, ui: false, cacheGB: 4 });
  const whole = {
    ...process.env,
    ...environment,
    MONGODB_URI: servers.mongodbUri,
    MONGODB_DATABASE: 'rollcall',
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_TASK_QUEUE: 'bench',
    ROLLCALL_LOG_DIR: join(dir, 'logs'),
  };
  const log = openSync(join(dir, 'worker.log'), 'a');
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, [...WORKER_FLAGS, join(__dirname, '../src/worker.js')], {
      env: whole,
      stdio: ['ignore', log, log],
    }),
  );
  return {
    config: loadConfig(whole),
    worker: workers[0]!,
    async stop() {
      for (const worker of workers) {
        worker.kill('SIGTERM');
        if (worker.exitCode === null) await new Promise((resolve) => worker.once('exit', resolve));
      }
      await servers.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
