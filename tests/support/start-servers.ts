// This import comes first and has no extension. After it, the other imports can be resolved.
import './resolve-typescript';
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod } from '../../src/servers/mongod.js';
import { isAlive } from '../../src/servers/process.js';
import { startTemporal } from '../../src/servers/temporal.js';
import stopServers from './stop-servers.js';
import type { TestServers } from './test-servers.js';
import { bundleWorkflows } from './workflow-bundle.js';

const PREFIX = 'rollcall-tests-';

/**
 * One mongod and one Temporal dev server for all test files, and their workflow bundle. Test files find them in
 * `ROLLCALL_TEST_MONGODB_URI`, `ROLLCALL_TEST_TEMPORAL_ADDRESS` and `ROLLCALL_TEST_WORKFLOW_BUNDLE`.
 */
export default async function startServers(): Promise<void> {
  const folder = scratch();
  removeLeftOvers(folder);
  const dir = await mkdtemp(join(folder, PREFIX));
  writeFileSync(join(dir, 'pid'), String(process.pid));
  const started: TestServers = { dir, servers: [] };
  (globalThis as { rollcallTestServers?: TestServers }).rollcallTestServers = started;
  process.env['ROLLCALL_TEST_FOLDER'] = dir;
  // For servers that run for minutes (SQS): optimizing their code fully costs more than it saves.
  process.env['JAVA_TOOL_OPTIONS'] ??= '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
  const results = await Promise.allSettled([startMongodb(started), startDevServer(started), bundle(dir)]);
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return;
  // Jest runs no tear-down after a set-up that failed.
  await stopServers();
  throw failed.reason;
}

async function startMongodb({ dir, servers }: TestServers): Promise<void> {
  const { path: binary } = await locateBinary('mongod', { notify });
  // The tests drop hundreds of databases. Otherwise their files would stay for five minutes, thousands of them in each
  // checkpoint.
  const server = await startMongod({ binary, dbPath: join(dir, 'mongodb'), cacheGB: 0.5, historySeconds: 20 });
  servers.push(server);
  process.env['ROLLCALL_TEST_MONGODB_URI'] = server.uri;
}

async function startDevServer({ servers }: TestServers): Promise<void> {
  const { path: binary } = await locateBinary('temporal', { notify });
  const searchAttributes = { RollcallSource: 'Keyword', RollcallStatus: 'Keyword' };
  const server = await startTemporal({
    binary,
    headless: true,
    searchAttributes,
    dynamicConfig: { 'matching.numTaskqueueReadPartitions': '1', 'matching.numTaskqueueWritePartitions': '1' },
  });
  servers.push(server);
  process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS'] = server.address;
}

async function bundle(dir: string): Promise<void> {
  try {
    const path = await bundleWorkflows(dir);
    if (path) process.env['ROLLCALL_TEST_WORKFLOW_BUNDLE'] = path;
  } catch (error) {
    // Tests that run workflows then bundle them again and fail. The other tests do not need the bundle.
    process.stderr.write(`The workflow bundle cannot be built: ${(error as Error).message}\n`);
  }
}

/** Removes the folders that killed test runs have left: they would fill the memory. */
function removeLeftOvers(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = join(folder, name, 'pid');
    if (!name.startsWith(PREFIX) || !existsSync(pid) || isAlive(Number(readFileSync(pid, 'utf8')))) continue;
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** The data is not kept, so it does not need to be on a disk. */
function scratch(): string {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > 4e9 ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Prints only the lines of a first run, which downloads the servers. */
function notify(line: string): void {
  if (/fetching|downloading|from the|downloaded/.test(line)) process.stderr.write(`${line}\n`);
}
