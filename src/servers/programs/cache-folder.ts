import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, intoCache } from './cache.js';
import type { Environment } from './path.js';

/**
 * Like `intoCache`, for a folder. A move does not replace an existing folder: a complete folder of another process (`isWhole`)
 * stays, and an incomplete folder is removed first.
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
