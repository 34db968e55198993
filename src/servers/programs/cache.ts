import { mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { privateFolder } from '../../system/private-folder.js';
import type { Environment } from './path.js';

const STAGING = '.staging-';

/** `ROLLCALL_CACHE`, else `rollcall` in the user's cache folder (XDG Base Directory Specification). */
export function cacheFolder(environment: Environment): string {
  const own = environment['ROLLCALL_CACHE'];
  if (own) return resolve(own);
  return join(environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache'), 'rollcall');
}

/**
 * Calls `fill` with an empty folder inside the cache, and moves the file that it returns to `name`. The move is atomic, so that
 * several processes can fill the same cache and no process sees an incomplete file. The last process replaces the file with the
 * same content.
 */
export async function intoCache(
  environment: Environment,
  name: string,
  fill: (staging: string) => Promise<string>,
): Promise<string> {
  const cache = cacheFolder(environment);
  await mkdir(cache, { recursive: true });
  const staging = await privateFolder(cache, STAGING);
  try {
    const target = join(cache, name);
    await rename(await fill(staging.path), target);
    return target;
  } finally {
    await staging.release();
  }
}
