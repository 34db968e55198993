import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { openServers } from '../servers/servers.js';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import { loadConfig, type Config } from '../config.js';
import { Failure } from '../model/failure.js';
import { eventsAt } from './events-at.js';
import { fleetDate } from './fleet-date.js';
import { FOLDER, saveKept, simulatorPort, stopKept, stopProcesses } from './kept-processes.js';
import { openDemoQueue, type QueueOptions } from './queue.js';
import { WORKER_FLAGS } from '../system/worker-flags.js';
import { PRIVATE, PRIVATE_FOLDER } from '../system/private-files.js';

export interface DemoOptions {
  hosts: number;
  seed: number;
  records?: string;
  /** Login events to put into a queue. */
  logins?: number;
  /** A file or folder of events; `-` is standard input. */
  events?: string;
  keep?: boolean;
  json?: boolean;
}

export interface DemoStack {
  config: Config;
  simulator: SpawnedSimulator;
  ui?: string;
  /** Rejects when the worker exits by itself, because the run would then never end. */
  broken: Promise<never>;
  /** Stops everything that this process started. */
  stop(): Promise<void>;
}

/** Starts (or finds) Temporal and MongoDB, the simulator and one worker, each in its own process. */
export async function openStack(options: DemoOptions, print: (line: string) => void): Promise<DemoStack> {
  mkdirSync(FOLDER, { recursive: true });
  // The folder contains an inventory. An earlier version may have created it with another mode.
  chmodSync(FOLDER, PRIVATE_FOLDER);
  const detached = options.keep ?? false;
  // Servers that stay running keep their addresses, so that the saved addresses stay valid.
  await (detached ? stopProcesses : stopKept)(() => {});
  const servers = await openServers({ dir: FOLDER, notify: print, ui: true, detached });
  const database = options.records ? 'demo_records' : `demo_${options.hosts}_${options.seed}`;
  const simulator = await spawnSimulator({
    hosts: options.hosts,
    seed: options.seed,
    now: fleetDate(FOLDER, database),
    ...(options.records ? { records: options.records } : {}),
    ...(detached ? { port: await simulatorPort() } : {}),
    detached,
  });
  print(`Simulator: Qualys and CrowdStrike at ${simulator.url}`);
  const queue = options.logins === undefined ? undefined : await openDemoQueue(FOLDER, options as QueueOptions, print);
  const events = options.events === undefined ? undefined : await eventsAt(options.events, FOLDER);
  const own: Record<string, string> = {
    MONGODB_URI: servers.mongodbUri,
    // Each size and seed has its own database, because it generates another fleet.
    MONGODB_DATABASE: database,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_TASK_QUEUE: 'rollcall-demo',
    TEMPORAL_UI: servers.temporalUi ?? '',
    // No scheduled runs: the fleet has a fixed date, so they would not find any change.
    ROLLCALL_AUTO_SCHEDULE: 'false',
    ROLLCALL_LOG_DIR: join(FOLDER, 'logs'),
    ROLLCALL_COLLECT: ['qualys', 'crowdstrike', ...(queue ? ['logins'] : []), ...(events ? ['events'] : [])].join(),
    ...simulator.environment,
    ...queue?.environment,
    ...(events ? { EVENTS_PATH: events } : {}),
  };
  const environment = { ...process.env, ...own };
  const worker = startWorker(environment, detached);
  print(`Worker: process ${worker.pid}`);
  let stopping = false;
  const broken = new Promise<never>((_, reject) => {
    worker.once('exit', (code) => {
      if (!stopping)
        reject(
          new Failure('server-unavailable', `The worker ended with code ${code}`, {
            remedy: `See ${join(FOLDER, 'worker.log')}`,
          }),
        );
    });
  });
  broken.catch(() => {});
  const stop = async () => {
    stopping = true;
    worker.kill('SIGTERM');
    if (worker.exitCode === null) await new Promise((resolve) => worker.once('exit', resolve).once('error', resolve));
    await simulator.stop();
    await queue?.stop();
    await servers.stop();
  };
  if (detached) {
    worker.unref();
    saveKept([worker.pid!, simulator.pid, ...(queue?.pid ? [queue.pid] : [])], simulator.url, own);
  }
  return {
    config: loadConfig(environment),
    simulator,
    ...(servers.temporalUi ? { ui: servers.temporalUi } : {}),
    broken,
    stop,
  };
}

function startWorker(environment: NodeJS.ProcessEnv, detached: boolean): ChildProcess {
  const log = openSync(join(FOLDER, 'worker.log'), 'a', PRIVATE.mode);
  const worker = spawn(process.execPath, [...WORKER_FLAGS, join(__dirname, '../worker.js')], {
    env: environment,
    stdio: ['ignore', log, log],
    detached,
  });
  closeSync(log);
  return worker;
}
