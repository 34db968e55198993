import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMongod, mongodUri, type RunningMongod } from './mongod.js';
import { attach, isAlive, type RunningServer } from './process.js';
import { responds, type RunningTemporal } from './temporal.js';
import { PRIVATE, PRIVATE_FOLDER } from '../system/private-files.js';

interface Kept {
  mongod?: { pid: number; port: number };
  temporal?: { pid: number; port: number; uiUrl?: string };
}

export interface KeptServers {
  mongod?: RunningMongod;
  temporal?: RunningTemporal;
}

const fileIn = (dir: string) => join(dir, 'servers.json');

/** Records servers that outlive this process in the folder, so that the next process with the same folder finds them. */
export async function keep(dir: string, { mongod, temporal }: KeptServers): Promise<void> {
  const kept: Kept = {
    ...(mongod ? { mongod: { pid: mongod.pid, port: mongod.port } } : {}),
    ...(temporal
      ? { temporal: { pid: temporal.pid, port: temporal.port, ...(temporal.uiUrl ? { uiUrl: temporal.uiUrl } : {}) } }
      : {}),
  };
  await mkdir(dirname(fileIn(dir)), { recursive: true, mode: PRIVATE_FOLDER });
  await writeFile(fileIn(dir), `${JSON.stringify(kept, null, 2)}\n`, PRIVATE);
}

/** The servers that an earlier process left running on the folder. Each is checked to be the recorded server. */
export async function keptServers(dir: string): Promise<KeptServers> {
  const { mongod, temporal } = read(dir);
  const [hasMongod, hasTemporal] = await Promise.all([
    mongod !== undefined && isAlive(mongod.pid) && isMongod(mongod.port, mongod.pid),
    temporal !== undefined && isAlive(temporal.pid) && responds(`127.0.0.1:${temporal.port}`),
  ]);
  return {
    ...(hasMongod && mongod
      ? { mongod: { ...attach(mongod.pid), port: mongod.port, uri: mongodUri(mongod.port) } }
      : {}),
    ...(hasTemporal && temporal
      ? { temporal: { ...attach(temporal.pid), ...temporal, address: `127.0.0.1:${temporal.port}` } }
      : {}),
  };
}

/** Stops the servers that an earlier process left running on the folder. Returns their number. */
export async function stopKept(dir: string): Promise<number> {
  const servers = Object.values(await keptServers(dir)) as RunningServer[];
  await Promise.all(servers.map((server) => server.stop()));
  await rm(fileIn(dir), { force: true });
  return servers.length;
}

function read(dir: string): Kept {
  try {
    return JSON.parse(readFileSync(fileIn(dir), 'utf8')) as Kept;
  } catch {
    return {};
  }
}
