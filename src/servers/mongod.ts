import { mkdir } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { accepts, onFreePort } from './ports.js';
import { startProcess, type RunningServer } from './process.js';
import { isPrimary, REPLICA_SET } from './replica-set.js';
import { PRIVATE_FOLDER } from '../system/private-files.js';

export interface MongodOptions {
  binary: string;
  /** Folder of the data; created when it does not exist. */
  dbPath: string;
  /** Default: a free port. */
  port?: number;
  /** WiredTiger's cache in gigabytes, at least 0.25. Default: 1. */
  cacheGB?: number;
  logFile?: string;
  /** How long snapshots can read deleted or overwritten documents, seconds. Default: MongoDB's, 300. */
  historySeconds?: number;
  /** Lets the server outlive this process. */
  detached?: boolean;
}

export interface RunningMongod extends RunningServer {
  port: number;
  uri: string;
}

export const mongodUri = (port: number) =>
  `mongodb://127.0.0.1:${port}/?replicaSet=${REPLICA_SET}&directConnection=false`;

/**
 * Starts a one-member replica set on loopback and waits until it is primary. The data folder may come from a server that was
 * killed. Throws `Failure('server-unavailable')` with the server's own reason.
 */
export async function startMongod(options: MongodOptions): Promise<RunningMongod> {
  await mkdir(options.dbPath, { recursive: true, mode: PRIVATE_FOLDER });
  const start = async (port: number) => {
    const server = await startProcess({
      title: 'MongoDB',
      binary: options.binary,
      args: argumentsFor(options, port),
      ready: (pid) => isReady(port, pid),
      logFile: options.logFile,
      detached: options.detached,
      // Recovery after a kill replays up to a minute of journal.
      deadlineMs: 60_000,
      explain,
    });
    return { ...server, port, uri: mongodUri(port) };
  };
  return options.port === undefined ? onFreePort(undefined, start) : start(options.port);
}

function argumentsFor({ dbPath, cacheGB = 1, historySeconds }: MongodOptions, port: number): string[] {
  return [
    ['--dbpath', dbPath],
    ['--port', String(port)],
    // Loopback only, because the server has no users or passwords.
    ['--bind_ip', '127.0.0.1'],
    ['--replSet', REPLICA_SET],
    ['--oplogSize', '2048'],
    ['--wiredTigerCacheSizeGB', String(cacheGB)],
    // The fastest compression level, because raw pages are written once and seldom read.
    ['--zstdDefaultCompressionLevel', '1'],
    ['--setParameter', 'transactionLifetimeLimitSeconds=15'],
    ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
    historySeconds === undefined ? [] : ['--setParameter', `minSnapshotHistoryWindowInSeconds=${historySeconds}`],
    // A killed server would leave its socket file in /tmp.
    process.platform === 'win32' ? [] : ['--nounixsocket'],
    ['--quiet'],
  ].flat();
}

/** Whether the process `pid` itself, and not another process that uses the port, is primary. */
async function isReady(port: number, pid: number): Promise<boolean> {
  if (!(await accepts(port))) return false;
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
    maxPoolSize: 1,
  });
  try {
    const admin = client.db('admin');
    if (!(await isProcess(client, pid))) return false;
    for (let attempt = 0; attempt < 100; attempt++) {
      if (await isPrimary(admin, `127.0.0.1:${port}`)) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return false;
  } finally {
    await client.close();
  }
}

async function isProcess(client: MongoClient, pid: number): Promise<boolean> {
  const status = await client.db('admin').command({ serverStatus: 1, repl: 0, metrics: 0, locks: 0, wiredTiger: 0 });
  return Number(status['pid']) === pid;
}

/** Whether the process `pid` is a mongod that responds on the port. */
export async function isMongod(port: number, pid: number): Promise<boolean> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 1_000,
  });
  try {
    return await isProcess(client, pid);
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

/** Finds the reason of a failed start: mongod logs JSON lines, and lines of severity E or F are errors. */
function explain(log: string): string | undefined {
  const reasons = log.split('\n').flatMap((line) => {
    if (!/"s":"[EF]"/.test(line)) return [];
    try {
      const { msg, attr } = JSON.parse(line) as { msg: string; attr?: { error?: unknown } };
      const error = attr?.error;
      const detail = typeof error === 'string' ? error : (error as { errmsg?: string } | undefined)?.errmsg;
      return [detail ? `${msg}: ${detail}` : msg];
    } catch {
      return [];
    }
  });
  return reasons.length > 0 ? [...new Set(reasons)].join('; ').slice(0, 500) : undefined;
}
