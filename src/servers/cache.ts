import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from './path.js';

const STAGING = '.staging-';
const FORGOTTEN_MS = 3_600_000;

/** `ROLLCALL_CACHE`, else `rollcall` in the user's cache folder (XDG Base Directory Specification). */
export function cacheFolder(environment: Environment): string {
  const own = environment['ROLLCALL_CACHE'];
  if (own) return resolve(own);
  return join(environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache'), 'rollcall');
}

/**
 * Gives `fill` an empty folder inside the cache, and moves the file that it returns to `name`. The move is atomic, so that
 * of several processes filling the same cache none ever sees half a file; the last one wins with the same content.
 */
export async function intoCache(
  environment: Environment,
  name: string,
  fill: (staging: string) => Promise<string>,
): Promise<string> {
  const cache = cacheFolder(environment);
  const staging = join(cache, `${STAGING}${randomUUID()}`);
  await mkdir(staging, { recursive: true });
  await removeForgotten(cache);
  try {
    const target = join(cache, name);
    await rename(await fill(staging), target);
    return target;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What a killed process left behind would stay for ever. */
async function removeForgotten(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const path = join(cache, entry);
    if (!entry.startsWith(STAGING)) continue;
    const changed = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - changed > FORGOTTEN_MS) await rm(path, { recursive: true, force: true });
  }
}
