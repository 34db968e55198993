import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder of one attempt of one process, with a random name. Other users have no access. */
export interface PrivateFolder {
  path: string;
  /** Removes the folder and all that is in it. */
  release(): Promise<void>;
}

/** Interval in which the owner updates the folder's time, milliseconds. */
const TOUCH_MS = 60_000;
/** Age of a folder after which its owner counts as killed, milliseconds. */
export const ABANDONED_MS = 15 * 60_000;

/**
 * Creates a folder in `parent` whose name begins with `prefix`, mode 0700. First removes folders that killed processes left
 * there: folders older than `ABANDONED_MS`, and never a folder whose owner is running. Throws errors of the file system.
 */
export async function privateFolder(parent: string, prefix: string): Promise<PrivateFolder> {
  await removeAbandoned(parent, prefix);
  const path = await mkdtemp(join(parent, prefix));
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // a later write reports a missing folder
  }, TOUCH_MS);
  touching.unref();
  const release = async () => {
    clearInterval(touching);
    await rm(path, { recursive: true, force: true });
  };
  return { path, release };
}

async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(prefix)) continue;
    const path = join(parent, entry);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    // In a shared parent folder, the folder may belong to another user. It then cannot be removed.
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
