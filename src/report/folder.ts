import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What a killed process left behind is taken away when it is older than this, milliseconds. */
const ABANDONED = 3_600_000;

/**
 * Fills a folder beside `target` with `work` and puts it in the place of `target` when it is whole: nobody reads half of it, and
 * of what was there before nothing stays. What `work` throws leaves `target` as it was.
 */
export async function replaceFolder<T>(target: string, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent, basename(target));
  const fresh = await mkdtemp(join(parent, `.${basename(target)}.`));
  try {
    const inside = join(fresh, 'new');
    await mkdir(inside);
    const result = await work(inside);
    await swap(inside, target, join(fresh, 'old'));
    return result;
  } finally {
    await rm(fresh, { recursive: true, force: true });
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
      // Somebody else put theirs there in between: ours is as good, and the later one.
      const { code } = error as NodeJS.ErrnoException;
      if ((code === 'ENOTEMPTY' || code === 'EEXIST') && tries < 10) continue;
      if (moved) await rename(aside, target).catch(() => {});
      throw error;
    }
  }
}

async function removeAbandoned(parent: string, name: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`.${name}.`)) continue;
    const path = join(parent, entry);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED) await rm(path, { recursive: true, force: true });
  }
}
