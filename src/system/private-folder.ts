import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder that belongs to one attempt of one process: nobody else knows its name or may enter it. */
export interface PrivateFolder {
  path: string;
  /** Removes the folder and all that is in it. */
  release(): Promise<void>;
}

/** The owner of a folder touches it so often, milliseconds. */
const TOUCH_MS = 60_000;
/** A folder that nobody has touched for so long was left behind by a process that was killed, milliseconds. */
export const ABANDONED_MS = 15 * 60_000;

/**
 * Makes a folder in `parent` whose name begins with `prefix`, mode 0700. Removes those that killed processes left behind there, by
 * their age: never one whose owner lives. Throws errors of the file system.
 */
export async function privateFolder(parent: string, prefix: string): Promise<PrivateFolder> {
  await removeAbandoned(parent, prefix);
  const path = await mkdtemp(join(parent, prefix));
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // whoever writes into it finds that it is gone
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
    // In a shared folder it may be another user's.
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
