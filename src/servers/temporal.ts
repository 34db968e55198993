import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { freePort, onFreePort } from './ports.js';
import { startProcess, type RunningServer } from './process.js';
import { PRIVATE_FOLDER } from '../system/private-files.js';

export interface TemporalOptions {
  binary: string;
  /** File of the state. Default: in memory. */
  dbFile?: string;
  /** Default: a free port. */
  port?: number;
  /** Default: a free port. */
  uiPort?: number;
  /** Without the Web UI. */
  headless?: boolean;
  /** Search attributes of the default namespace: types (`Keyword`, `Int`, …) by name. */
  searchAttributes?: Record<string, string>;
  /** Server settings, each value in JSON. */
  dynamicConfig?: Record<string, string>;
  logFile?: string;
  /** Lets the server outlive this process. */
  detached?: boolean;
}

export interface RunningTemporal extends RunningServer {
  port: number;
  /** host:port of the frontend. */
  address: string;
  uiUrl?: string;
}

/**
 * Starts Temporal's dev server on loopback and waits until its frontend responds. Throws `Failure('server-unavailable')` with the
 * server's own reason.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  if (options.dbFile) await mkdir(dirname(options.dbFile), { recursive: true, mode: PRIVATE_FOLDER });
  const start = async (port: number) => {
    const uiPort = options.headless ? undefined : (options.uiPort ?? (await freePort()));
    const address = `127.0.0.1:${port}`;
    const server = await startProcess({
      title: 'Temporal',
      binary: options.binary,
      args: argumentsFor(options, port, uiPort),
      // Temporal prints its address once it has bound the port. Before that, a response may come from another server.
      ready: async (_pid, log) => /Server:\s+\S+:\d+/.test(log) && (await responds(address)),
      logFile: options.logFile,
      detached: options.detached,
      explain,
    });
    return { ...server, port, address, ...(uiPort === undefined ? {} : { uiUrl: `http://127.0.0.1:${uiPort}` }) };
  };
  return options.port === undefined ? onFreePort(undefined, start) : start(options.port);
}

function argumentsFor(options: TemporalOptions, port: number, uiPort: number | undefined): string[] {
  const { dbFile, searchAttributes = {}, dynamicConfig = {} } = options;
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--log-level=error',
    uiPort === undefined ? '--headless' : `--ui-port=${uiPort}`,
    // With a write-ahead log, a killed server loses no data, and a step of a workflow does not wait for the disk twice.
    ...(dbFile
      ? ['--db-filename', dbFile, ...pairs('--sqlite-pragma', { journal_mode: 'WAL', synchronous: 'NORMAL' })]
      : []),
    ...pairs('--search-attribute', searchAttributes),
    ...pairs('--dynamic-config-value', dynamicConfig),
  ];
}

/** Finds the reason of a failed start. The server panics when its port is taken, and prints the reason above the stack trace. */
function explain(log: string): string | undefined {
  return log
    .split('\n')
    .find((line) => /^(Error|panic|fatal error):|"?msg"?[:=].*\berror\b|address already in use/i.test(line))
    ?.slice(0, 500);
}

/** Whether a Temporal frontend responds for the default namespace. */
export async function responds(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1_000 });
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
