import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '../../src/config.js';
import { freePort } from '../../src/servers/ports.js';
import { eventually } from '../support/eventually.js';

const program = join(__dirname, '../../dist/src/worker.js');

/** A real worker of the build, on the shared servers: own database, own task queue. */
export interface SpawnedWorker {
  config: Config;
  /** `http://127.0.0.1:port` of its endpoint. */
  url: string;
  environment: NodeJS.ProcessEnv;
  /** Folder of its logs. */
  logs: string;
  /** Its output on standard error so far. */
  stderr(): string;
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a worker and waits until it is ready. `like` is another one, whose database and task queue it shares. */
export async function spawnWorker(environment: Record<string, string>, like?: SpawnedWorker): Promise<SpawnedWorker> {
  const name = `w${randomUUID().slice(0, 8)}`;
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-worker-'));
  const address = environment['ROLLCALL_METRICS_ADDRESS'] ?? `127.0.0.1:${await freePort()}`;
  const variables = {
    PATH: process.env['PATH'],
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
    TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'],
    MONGODB_DATABASE: like?.config.mongodb.database ?? name,
    ROLLCALL_AUTO_SCHEDULE: 'false',
    TEMPORAL_TASK_QUEUE: like?.config.temporal.taskQueue ?? name,
    ROLLCALL_PATIENCE_SECONDS: '5',
    ROLLCALL_LOG_DIR: join(dir, 'logs'),
    ...environment,
    ROLLCALL_METRICS_ADDRESS: address,
  };
  // In its own folder, which has no .env.
  const child = spawn(process.execPath, [program], { cwd: dir, env: variables, stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(dir, { recursive: true, force: true });
  };
  const worker: SpawnedWorker = {
    config: loadConfig(variables),
    url: `http://${address}`,
    environment: variables,
    logs: join(dir, 'logs'),
    stderr: () => output,
    stop,
    kill: (signal) => void child.kill(signal),
  };
  await eventually(
    'a worker that is ready',
    () => output,
    () => output.includes('Worker is ready') || child.exitCode !== null,
  );
  if (child.exitCode !== null) {
    await stop();
    throw new Error(`The worker ended:\n${output}`);
  }
  return worker;
}
