import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openServers } from '../src/servers/servers.js';
import { loadConfig, type Config } from '../src/config.js';
import { spawnSimulator, type SpawnedSimulator } from '../simulator/spawn.js';

export type Fleet = 'lean' | 'fat';

export interface BenchStack {
  config: Config;
  simulator: SpawnedSimulator;
  worker: ChildProcess;
  stop(): Promise<void>;
}

/** Rows a page: 6 MB of lean records, 10 MB of fat ones. */
export const PAGE_SIZE: Record<Fleet, number> = { lean: 1_000, fat: 100 };

export const SOURCES = ['qualys-demo', 'crowdstrike-demo'];

/** Fresh servers on an empty folder, the simulator, and one worker process; nothing shared with another measurement. */
export async function openBenchStack(options: {
  hosts: number;
  fleet: Fleet;
  pageSize?: number;
  latency?: number;
}): Promise<BenchStack> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const servers = await openServers({ dir, say: () => {}, ui: false, cacheGB: 4 });
  const simulator = await spawnSimulator({
    hosts: options.hosts,
    seed: 7,
    fleet: options.fleet,
    ...(options.latency ? { latency: options.latency } : {}),
  });
  const pageSize = String(options.pageSize ?? PAGE_SIZE[options.fleet]);
  const environment = {
    ...process.env,
    ...simulator.environment,
    MONGODB_URI: servers.mongodbUri,
    MONGODB_DATABASE: 'rollcall',
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_TASK_QUEUE: 'bench',
    ROLLCALL_LOG_DIR: join(dir, 'logs'),
    QUALYS_DEMO_PAGE_SIZE: pageSize,
    CROWDSTRIKE_DEMO_PAGE_SIZE: String(options.pageSize ?? PAGE_SIZE.lean),
  };
  const log = openSync(join(dir, 'worker.log'), 'a');
  const worker = spawn(
    process.execPath,
    ['--single-threaded-gc', '--max-semi-space-size=8', join(__dirname, '../src/worker.js')],
    {
      env: environment,
      stdio: ['ignore', log, log],
    },
  );
  return {
    config: loadConfig(environment),
    simulator,
    worker,
    async stop() {
      worker.kill('SIGTERM');
      if (worker.exitCode === null) await new Promise((resolve) => worker.once('exit', resolve));
      await simulator.stop();
      await servers.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
