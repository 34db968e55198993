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
import { verify } from '../../src/cli/commands/verify.js';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import type { RunSummary } from '../../src/workflows/collect-inventory.js';
import { eventually } from '../support/eventually.js';
import { summaryOf } from '../support/pipeline.js';

/** What a run collects unless a test says otherwise. */
export const SOURCES = ['qualys-demo', 'crowdstrike-demo'];
const quiet = () => {};

/** Everything a run needs, each a real process that can be killed and started again on the same data and port. */
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
    /** Of further sources. */
    environment?: Record<string, string>;
  }): Promise<ChaosStack> {
    const stack = new ChaosStack();
    const [mongod, temporal] = await Promise.all([
      locateBinary('mongod', { say: quiet }),
      locateBinary('temporal', { say: quiet }),
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
      ROLLCALL_STRETCH_RECORDS: '600',
      QUALYS_DEMO_PAGE_SIZE: '20',
      CROWDSTRIKE_DEMO_PAGE_SIZE: '20',
      // What was killed is missed soon; a machine that is busy is not taken for a dead one.
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

  /** Killed, with its data: an empty one takes its place. */
  async loseMongod(): Promise<void> {
    await this.killMongod();
    rmSync(join(this.dir, 'mongod'), { recursive: true, force: true });
    await this.startMongod();
    await this.reopen();
  }

  /** Makes collections and indexes again. */
  async reopen(): Promise<void> {
    await this.store.close();
    this.store = await openStore(this.config.mongodb);
  }

  /** As `loseMongod`. */
  async loseTemporal(): Promise<void> {
    await this.killTemporal();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.dir, `temporal.db${suffix}`), { force: true });
    await this.startTemporal();
  }

  /** The command that the container starts too. */
  startWorker(): ChildProcess {
    const log = openSync(join(this.dir, 'worker.log'), 'a');
    const worker = spawn(
      process.execPath,
      ['--single-threaded-gc', '--max-semi-space-size=4', join(__dirname, '../../dist/src/worker.js')],
      {
        env: this.environment,
        stdio: ['ignore', log, log],
      },
    );
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
      // Temporal itself is killed in some tests: waiting goes on until the run has ended.
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

  /** Waits until `seen` holds of the store; a server that is away is asked again. */
  async until(what: string, seen: (store: Store) => Promise<boolean>): Promise<void> {
    await eventually(
      what,
      async () => (await seen(this.store)) || `${what} still missing; the worker's log:\n${this.log()}`,
      (answer) => answer === true,
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
