import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, intoCache } from './cache.js';
import type { Environment } from './path.js';

/**
 * As `intoCache` for a whole folder, which, unlike a file, is not replaced by a move: one that `isWhole` stays when another
 * process was faster, a damaged one makes room.
 */
export async function folderIntoCache(
  environment: Environment,
  name: string,
  isWhole: (folder: string) => Promise<boolean>,
  fill: (folder: string, staging: string) => Promise<void>,
): Promise<string> {
  const target = join(cacheFolder(environment), name);
  try {
    return await intoCache(environment, name, async (staging) => {
      const folder = join(staging, name);
      await mkdir(folder);
      await fill(folder, staging);
      if (!(await isWhole(target))) await rm(target, { recursive: true, force: true });
      return folder;
    });
  } catch (error) {
    const taken = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (taken && (await isWhole(target))) return target;
    throw error;
  }
}
