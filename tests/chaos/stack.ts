import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { openClient, startRun } from '../../src/client.js';
import { loadConfig, type Config } from '../../src/config.js';
import { freePort } from '../../src/servers/ports.js';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod } from '../../src/servers/mongod.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { openStore, type Store } from '../../src/store/database.js';
import { WORKER_FLAGS } from '../../src/system/worker-flags.js';
import { verify } from '../../src/cli/commands/verify.js';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import type { RunSummary } from '../../src/workflows/collect-inventory.js';
import { eventually } from '../support/eventually.js';
import { summaryOf } from '../support/pipeline.js';

/** The sources of a run unless a test sets others. */
export const SOURCES = ['qualys-demo', 'crowdstrike-demo'];
const ignoreOutput = () => {};

/**
 * Everything that a run needs. Each part is a real process that a test can kill and start again with the same data and
 * port.
 */
export class ChaosStack {
  config!: Config;
  client!: Client;
  store!: Store;
  simulator!: SpawnedSimulator;
  readonly workers: ChildProcess[] = [];
  private readonly dir = mkdtempSync(join(tmpdir(), 'rollcall-chaos-'));
  private ports = { mongod: 0, temporal: 0 };
  private binaries = { mongod: '', temporal: '' };
  private mongod!: Awaited<ReturnType<typeof startMongod>>;
  private temporal!: Awaited<ReturnType<typeof startTemporal>>;
  private environment: NodeJS.ProcessEnv = {};

  static async open(options: {
    hosts: number;
    seed: number;
    latency: number;
    /** Variables of further sources. */
    environment?: Record<string, string>;
  }): Promise<ChaosStack> {
    const stack = new ChaosStack();
    const [mongod, temporal] = await Promise.all([
      locateBinary('mongod', { notify: ignoreOutput }),
      locateBinary('temporal', { notify: ignoreOutput }),
    ]);
    stack.binaries = { mongod: mongod.path, temporal: temporal.path };
    stack.ports = { mongod: await freePort(), temporal: await freePort() };
    await Promise.all([stack.startMongod(), stack.startTemporal()]);
    stack.simulator = await spawnSimulator({ hosts: options.hosts, seed: options.seed, latency: options.latency });
    stack.environment = {
      ...process.env,
      ...stack.simulator.environment,
      MONGODB_URI: stack.mongod.uri,
      MONGODB_DATABASE: 'chaos',
      TEMPORAL_ADDRESS: stack.temporal.address,
      TEMPORAL_TASK_QUEUE: 'chaos',
      ROLLCALL_AUTO_SCHEDULE: 'false',
      ROLLCALL_LOG_DIR: join(stack.dir, 'logs'),
      ROLLCALL_BATCH_RECORDS: '600',
      QUALYS_DEMO_PAGE_SIZE: '20',
      CROWDSTRIKE_DEMO_PAGE_SIZE: '20',
      // Temporal detects a killed worker soon, but does not treat a busy machine as dead.
      ROLLCALL_HEARTBEAT_SECONDS: '6',
      ROLLCALL_RETRY_SECONDS: '0.5',
      QUALYS_DEMO_CONCURRENCY: '2',
      CROWDSTRIKE_DEMO_CONCURRENCY: '2',
      ...options.environment,
    };
    stack.config = loadConfig(stack.environment);
    stack.store = await openStore(stack.config.mongodb);
    stack.client = await openClient(stack.config.temporal);
    return stack;
  }

  async startMongod(): Promise<void> {
    this.mongod = await startMongod({
      dbPath: join(this.dir, 'mongod'),
      port: this.ports.mongod,
      binary: this.binaries.mongod,
    });
  }

  async startTemporal(): Promise<void> {
    this.temporal = await startTemporal({
      dbFile: join(this.dir, 'temporal.db'),
      port: this.ports.temporal,
      binary: this.binaries.temporal,
      headless: true,
    });
  }

  killMongod = () => this.mongod.kill();
  killTemporal = () => this.temporal.kill();

  /** Kills mongod, deletes its data and starts an empty one. */
  async loseMongod(): Promise<void> {
    await this.killMongod();
    rmSync(join(this.dir, 'mongod'), { recursive: true, force: true });
    await this.startMongod();
    await this.reopen();
  }

  /** Creates the collections and indexes again. */
  async reopen(): Promise<void> {
    await this.store.close();
    this.store = await openStore(this.config.mongodb);
  }

  /** Kills Temporal, deletes its data and starts an empty one. */
  async loseTemporal(): Promise<void> {
    await this.killTemporal();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.dir, `temporal.db${suffix}`), { force: true });
    await this.startTemporal();
  }

  /** Starts the worker with the command of the container. */
  startWorker(): ChildProcess {
    const log = openSync(join(this.dir, 'worker.log'), 'a');
    const worker = spawn(process.execPath, [...WORKER_FLAGS, join(__dirname, '../../dist/src/worker.js')], {
      env: this.environment,
      stdio: ['ignore', log, log],
    });
    this.workers.push(worker);
    return worker;
  }

  async killWorker(worker: ChildProcess): Promise<void> {
    const gone = new Promise((resolve) => worker.once('exit', resolve));
    worker.kill('SIGKILL');
    await gone;
  }

  async start(sources = SOURCES): Promise<{ result: Promise<RunSummary> }> {
    const { handle } = await startRun(this.client, this.config.temporal, { sources, force: true });
    const result = (async () => {
      // Some tests kill Temporal, so this loop waits until the run has ended.
      for (;;) {
        try {
          return await summaryOf(handle.result());
        } catch (error) {
          if (
            /WorkflowFailed|ServiceError|UNAVAILABLE|ECONN/.test(`${(error as Error).name} ${(error as Error).message}`)
          ) {
            await sleep(200);
            continue;
          }
          throw error;
        }
      }
    })();
    result.catch(() => {});
    return { result };
  }

  /** Waits until `seen` is true for the store. Retries while a server is unavailable. */
  async until(what: string, seen: (store: Store) => Promise<boolean>): Promise<void> {
    await eventually(
      what,
      async () => (await seen(this.store)) || `${what} still missing; the worker's log:\n${this.log()}`,
      (result) => result === true,
      20,
    );
  }

  log(): string {
    return readFileSync(join(this.dir, 'worker.log'), 'utf8').split('\n').slice(-15).join('\n');
  }

  verify = () => verify(this.config, '');

  async close(): Promise<void> {
    await this.store?.close();
    await this.client?.connection.close();
    for (const worker of this.workers)
      if (worker.exitCode === null && worker.signalCode === null) await this.killWorker(worker);
    await this.simulator?.stop();
    await this.temporal?.stop();
    await this.mongod?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
