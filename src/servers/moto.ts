import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderIntoCache } from './programs/cache-folder.js';
import { cacheFolder } from './programs/cache.js';
import { onPath, type Environment } from './programs/path.js';
import { accepts } from './ports.js';
import { startProcess, type RunningServer } from './process.js';
import { run } from './run.js';

const REQUIREMENTS = join(__dirname, 'moto-requirements.txt');

/**
 * The packages that moto's server needs for queues, less than half the size of `moto[server]`. pip-compile
 * (`--generate-hashes`) generates the list from moto, flask and flask-cors, with versions and SHA-256. pip rejects other files.
 */
export function motoRequirements(): string {
  return readFileSync(REQUIREMENTS, 'utf8');
}

export const MOTO_NAME = 'moto-5.2.5';
export const MOTO_TITLE = 'Python package moto 5.2.5';

export function pythonOf(environment: Environment): string {
  const python = [...onPath('python3', environment), ...onPath('python', environment)][0];
  if (!python) throw new Error('no python3 on PATH');
  return python;
}

/** The cached folder for this Python version: the packages contain compiled code, which another version cannot load. */
export async function cachedMoto(environment: Environment): Promise<string | undefined> {
  const cache = cacheFolder(environment);
  if (!existsSync(cache)) return undefined;
  const folder = join(cache, await nameFor(pythonOf(environment), environment));
  return existsSync(folder) ? folder : undefined;
}

/** Lets pip unpack moto into the cache without installing it. Throws an `Error` with the reason when it fails. */
export async function fetchMoto(environment: Environment, notify: (line: string) => void): Promise<string> {
  const python = pythonOf(environment);
  const name = await nameFor(python, environment);
  notify(`fetching the ${MOTO_TITLE}`);
  const isWhole = async (folder: string) => existsSync(folder);
  return folderIntoCache(environment, name, isWhole, async (target, staging) => {
    const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', '--no-cache-dir'];
    const deadlines = ['--timeout', '5', '--retries', '1'];
    const packages = ['--only-binary', ':all:', '--no-warn-script-location', '--target', target];
    const pinned = ['--require-hashes', '-r', REQUIREMENTS];
    await run(python, [...pip, ...deadlines, 'install', ...packages, ...pinned], {
      // pip unpacks below TMPDIR, the staging folder: the growth of the folder shows progress, and the folder is removed
      // afterwards.
      environment: { ...environment, TMPDIR: staging, PIP_REQUIRE_VIRTUALENV: '0' },
      growing: staging,
      // Longer than the default, because this is the last step: if the package index is slow, there is no faster step to try
      // next.
      stallMs: 15_000,
    });
  });
}

async function nameFor(python: string, environment: Environment): Promise<string> {
  const print = 'import sys; print(sys.implementation.cache_tag)';
  // No folder grows here, so this is the time limit of the command.
  const options = { environment, growing: join(cacheFolder(environment), MOTO_NAME), stallMs: 5_000 };
  const tag = await run(python, ['-c', print], options);
  return `${MOTO_NAME}-${tag.trim()}`;
}

export interface MotoOptions {
  folder: string;
  port: number;
  environment: Environment;
  logFile?: string;
  /** Lets the server outlive this process. */
  detached?: boolean;
}

/** Starts moto's server on loopback with queues in memory. Throws `Failure('server-unavailable')`. */
export async function startMoto({ folder, port, environment, ...rest }: MotoOptions): Promise<RunningServer> {
  // The folder is passed as an argument, because the server inherits this process's environment, which must not change.
  const start = 'import sys; sys.path.insert(0, sys.argv.pop(1)); from moto.server import main; main()';
  return startProcess({
    title: 'moto',
    binary: pythonOf(environment),
    args: ['-c', start, folder, '-H', '127.0.0.1', '-p', String(port)],
    ready: async (_pid, log) => log.includes('Running on http') && (await accepts(port)),
    logFile: rest.logFile,
    detached: rest.detached,
  });
}
