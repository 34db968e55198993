import { join } from 'node:path';
import { keep, keptServers } from './kept.js';
import { locateBinary } from './programs/locate.js';
import { startMongod, type RunningMongod } from './mongod.js';
import type { Environment } from './programs/path.js';
import { freeOr, freePort, onFreePort } from './ports.js';
import type { RunningServer } from './process.js';
import { startTemporal, type RunningTemporal, type TemporalOptions } from './temporal.js';

export interface OpenOptions extends Pick<TemporalOptions, 'searchAttributes' | 'dynamicConfig'> {
  /** Folder of the servers' data and logs, which stays between runs. */
  dir: string;
  /** Called with one line about the origin of each server. */
  notify: (line: string) => void;
  environment?: Environment;
  /** Start Temporal's Web UI. Default: `true`. */
  ui?: boolean;
  /** Leave the servers running when this process ends; the next process with the same folder uses them. */
  detached?: boolean;
  /** WiredTiger's cache in gigabytes. */
  cacheGB?: number;
}

export interface OpenServers {
  mongodbUri: string;
  temporalAddress: string;
  temporalUi?: string;
  /** Absent when the environment names a server. */
  mongod?: RunningMongod;
  temporal?: RunningTemporal;
  /** Stops only the servers that this call started. */
  stop(): Promise<void>;
}

/**
 * Opens the servers that Rollcall needs: the servers that the environment names (`MONGODB_URI`, `TEMPORAL_ADDRESS`), else
 * servers that an earlier process left running on the folder, else new servers. If it throws, it first stops the servers that
 * it has started.
 */
export async function openServers(options: OpenOptions): Promise<OpenServers> {
  const { environment = process.env, notify, dir } = options;
  const { MONGODB_URI: uri, TEMPORAL_ADDRESS: address, TEMPORAL_UI: ui } = environment;
  const kept = uri && address ? {} : await keptServers(dir);
  const started: RunningServer[] = [];
  const open = async <T extends RunningServer>(title: string, running: T | undefined, start: () => Promise<T>) => {
    if (running) notify(`${title}: already running on ${dir} (process ${running.pid})`);
    const server = running ?? (await start());
    if (!running) started.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(started.map((server) => server.stop()));
  };

  if (uri) notify('MongoDB: from MONGODB_URI');
  if (address) notify(`Temporal: ${address}, from TEMPORAL_ADDRESS`);
  const [mongod, temporal] = await Promise.allSettled([
    uri ? undefined : open('MongoDB', kept.mongod, () => newMongod(options, environment)),
    address ? undefined : open('Temporal', kept.temporal, () => newTemporal(options, environment)),
  ]);
  if (mongod.status === 'rejected' || temporal.status === 'rejected') {
    await stop();
    throw mongod.status === 'rejected' ? mongod.reason : (temporal as PromiseRejectedResult).reason;
  }
  const servers = {
    ...(mongod.value ? { mongod: mongod.value } : {}),
    ...(temporal.value ? { temporal: temporal.value } : {}),
  };
  if (options.detached && started.length > 0) await keep(dir, servers);
  const temporalUi = address ? ui : temporal.value?.uiUrl;
  return {
    ...servers,
    mongodbUri: uri || (mongod.value?.uri ?? ''),
    temporalAddress: address || (temporal.value?.address ?? ''),
    ...(temporalUi ? { temporalUi } : {}),
    stop,
  };
}

async function newMongod(options: OpenOptions, environment: Environment): Promise<RunningMongod> {
  const { path: binary } = await locateBinary('mongod', { notify: options.notify, environment });
  return onFreePort(27017, (port) =>
    startMongod({
      binary,
      port,
      dbPath: join(options.dir, 'mongodb'),
      logFile: join(options.dir, 'mongod.log'),
      detached: options.detached ?? false,
      ...(options.cacheGB === undefined ? {} : { cacheGB: options.cacheGB }),
    }),
  );
}

async function newTemporal(options: OpenOptions, environment: Environment): Promise<RunningTemporal> {
  const { path: binary } = await locateBinary('temporal', { notify: options.notify, environment });
  const { dir, ui = true, detached = false, searchAttributes = {}, dynamicConfig = {} } = options;
  return onFreePort(7233, async (port) =>
    startTemporal({
      binary,
      port,
      // Only the process that got port 7233 tries 8233 for the Web UI, so two processes that start at once do not compete for it.
      ...(ui ? { uiPort: port === 7233 ? await freeOr(8233) : await freePort() } : { headless: true }),
      dbFile: join(dir, 'temporal.db'),
      logFile: join(dir, 'temporal.log'),
      detached,
      searchAttributes,
      dynamicConfig,
    }),
  );
}
