import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { openServers } from '../servers/servers.js';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import { loadConfig, type Config } from '../config.js';
import { Failure } from '../model/failure.js';
import { eventsAt } from './events-at.js';
import { fleetDate } from './fleet-date.js';
import { FOLDER, noteKept, simulatorPort, stopKept, stopProcesses } from './kept.js';
import { openDemoQueue, type QueueOptions } from './queue.js';
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
  /** Rejects when the worker ends by itself: then nobody would ever finish the run. */
  broken: Promise<never>;
  /** Ends everything that was started here. */
  stop(): Promise<void>;
}

/** Starts (or finds) Temporal and MongoDB, the simulator and one worker, each a process of its own. */
export async function openStack(options: DemoOptions, say: (line: string) => void): Promise<DemoStack> {
  mkdirSync(FOLDER, { recursive: true });
  // It holds an inventory, also where an earlier version made it.
  chmodSync(FOLDER, PRIVATE_FOLDER);
  const detached = options.keep ?? false;
  // Servers that were kept stay where they are: the addresses that were noted of them stay true.
  await (detached ? stopProcesses : stopKept)(() => {});
  const servers = await openServers({ dir: FOLDER, say, ui: true, detached });
  const database = options.records ? 'demo_records' : `demo_${options.hosts}_${options.seed}`;
  const simulator = await spawnSimulator({
    hosts: options.hosts,
    seed: options.seed,
    now: fleetDate(FOLDER, database),
    ...(options.records ? { records: options.records } : {}),
    ...(detached ? { port: await simulatorPort() } : {}),
    detached,
  });
  say(`Simulator: Qualys and CrowdStrike at ${simulator.url}`);
  const queue = options.logins === undefined ? undefined : await openDemoQueue(FOLDER, options as QueueOptions, say);
  const events = options.events === undefined ? undefined : await eventsAt(options.events, FOLDER);
  const own: Record<string, string> = {
    MONGODB_URI: servers.mongodbUri,
    // One inventory a fleet: another size or seed is another company.
    MONGODB_DATABASE: database,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_TASK_QUEUE: 'rollcall-demo',
    TEMPORAL_UI: servers.temporalUi ?? '',
    // It is a fleet of one moment.
    ROLLCALL_AUTO_SCHEDULE: 'false',
    ROLLCALL_LOG_DIR: join(FOLDER, 'logs'),
    ROLLCALL_COLLECT: ['qualys', 'crowdstrike', ...(queue ? ['logins'] : []), ...(events ? ['events'] : [])].join(),
    ...simulator.environment,
    ...queue?.environment,
    ...(events ? { EVENTS_PATH: events } : {}),
  };
  const environment = { ...process.env, ...own };
  const worker = startWorker(environment, detached);
  say(`Worker: process ${worker.pid}`);
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
    noteKept([worker.pid!, simulator.pid, ...(queue?.pid ? [queue.pid] : [])], simulator.url, own);
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
  const worker = spawn(
    process.execPath,
    ['--enable-source-maps', '--single-threaded-gc', '--max-semi-space-size=4', join(__dirname, '../worker.js')],
    {
      env: environment,
      stdio: ['ignore', log, log],
      detached,
    },
  );
  closeSync(log);
  return worker;
}
