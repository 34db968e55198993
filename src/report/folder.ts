import { mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PRIVATE_FOLDER } from '../system/private-files.js';
import { privateFolder } from '../system/private-folder.js';

/**
 * Writes a new folder next to `target` with `work` and replaces `target` with it, so that readers never see an incomplete
 * report and no old files remain. If `work` throws, `target` is unchanged.
 */
export async function replaceFolder<T>(target: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(dirname(target), { recursive: true, mode: PRIVATE_FOLDER });
  const fresh = await privateFolder(dirname(target), `.${basename(target)}.`);
  try {
    const inside = join(fresh.path, 'new');
    await mkdir(inside, { mode: PRIVATE_FOLDER });
    const result = await work(inside);
    await swap(inside, target, join(fresh.path, 'old'));
    return result;
  } finally {
    await fresh.release();
  }
}

async function swap(inside: string, target: string, old: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const aside = `${old}${tries}`;
    const moved = await rename(target, aside).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    try {
      await rename(inside, target);
      return;
    } catch (error) {
      // Another process replaced `target` in between. Both reports are valid, and the later one stays.
      const { code } = error as NodeJS.ErrnoException;
      if ((code === 'ENOTEMPTY' || code === 'EEXIST') && tries < 10) continue;
      if (moved) await rename(aside, target).catch(() => {});
      throw error;
    }
  }
}
