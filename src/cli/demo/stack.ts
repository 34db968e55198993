import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopKept as stopKeptServers } from '../../servers/kept.js';
import { openServers } from '../../servers/servers.js';
import { spawnSimulator, type SpawnedSimulator } from '../../../simulator/spawn.js';
import { loadConfig, type Config } from '../../config.js';
import { Failure } from '../../failure.js';
import { eventsAt } from './events-at.js';
import { openDemoQueue, type QueueOptions } from './queue.js';

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

const FOLDER = '.rollcall/demo';
const RUNNING = join(FOLDER, 'running.json');

/** Starts (or finds) Temporal and MongoDB, the simulator and one worker, each a process of its own. */
export async function openStack(options: DemoOptions, say: (line: string) => void): Promise<DemoStack> {
  mkdirSync(FOLDER, { recursive: true });
  await stopKept(() => {});
  const detached = options.keep ?? false;
  const servers = await openServers({ dir: FOLDER, say, ui: true, detached });
  const simulator = await spawnSimulator({
    hosts: options.hosts,
    seed: options.seed,
    ...(options.records ? { records: options.records } : {}),
    detached,
  });
  say(`Simulator: Qualys and CrowdStrike at ${simulator.url}`);
  const queue = options.logins === undefined ? undefined : await openDemoQueue(FOLDER, options as QueueOptions, say);
  const events = options.events === undefined ? undefined : await eventsAt(options.events, FOLDER);
  const database = options.records ? 'demo_records' : `demo_${options.hosts}_${options.seed}`;
  const environment: Record<string, string | undefined> = {
    ...process.env,
    MONGODB_URI: servers.mongodbUri,
    // One inventory a fleet: another size or seed is another company.
    MONGODB_DATABASE: database,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TEMPORAL_TASK_QUEUE: 'rollcall-demo',
    TEMPORAL_UI: servers.temporalUi ?? '',
    ROLLCALL_LOG_DIR: join(FOLDER, 'logs'),
    ROLLCALL_COLLECT: ['qualys', 'crowdstrike', ...(queue ? ['logins'] : []), ...(events ? ['events'] : [])].join(),
    ...simulator.environment,
    ...queue?.environment,
    ...(events ? { EVENTS_PATH: events } : {}),
  };
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
    writeFileSync(RUNNING, JSON.stringify({ pids: [worker.pid, simulator.pid, ...(queue?.pid ? [queue.pid] : [])] }));
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
  const log = openSync(join(FOLDER, 'worker.log'), 'a');
  const worker = spawn(
    process.execPath,
    ['--enable-source-maps', '--single-threaded-gc', '--max-semi-space-size=4', join(__dirname, '../../worker.js')],
    {
      env: environment,
      stdio: ['ignore', log, log],
      detached,
    },
  );
  closeSync(log);
  return worker;
}

/** Stops what an earlier `--keep` left up, the worker first. Returns whether there was anything. */
export async function stopKept(say: (line: string) => void): Promise<boolean> {
  let pids: number[] = [];
  try {
    ({ pids } = JSON.parse(readFileSync(RUNNING, 'utf8')) as { pids: number[] });
  } catch {
    // nothing was kept
  }
  rmSync(RUNNING, { force: true });
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM');
      say(`Stopping process ${pid}`);
      for (let tries = 0; tries < 100; tries += 1) {
        process.kill(pid, 0);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone
    }
  }
  const servers = await stopKeptServers(FOLDER);
  return pids.length + servers > 0;
}
