import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/servers/programs/cache.js';
import { onPath } from '../../src/servers/programs/path.js';
import { run } from '../../src/servers/run.js';

/** Time without progress before the installation is aborted. The packages are a hundred megabytes, and the index may be slow. */
const STALL_MS = 30_000;

/**
 * Returns the Python of a virtual environment with `pinned` packages. The environment stays in the cache under `name`, and nothing
 * is installed outside of it. Throws an `Error` with the reason if there is none: no python3, no venv module, no package index.
 */
export async function pythonWith(name: string, pinned: readonly string[]): Promise<string> {
  const [python3] = onPath('python3', process.env);
  if (!python3) throw new Error('there is no python3 on PATH');
  const folder = join(cacheFolder(process.env), name);
  const [python, complete] = [join(folder, 'bin', 'python'), join(folder, '.complete')];
  if (existsSync(complete)) return python;

  const staging = join(folder, 'tmp');
  const options = {
    environment: { ...process.env, TMPDIR: staging, PIP_REQUIRE_VIRTUALENV: '0' },
    growing: folder,
    stallMs: STALL_MS,
  };
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--no-input', '--quiet', '--no-cache-dir'];
  await rm(folder, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    await run(python3, ['-m', 'venv', folder], options);
    await run(
      python,
      [...pip, '--timeout', '5', '--retries', '1', 'install', '--only-binary', ':all:', ...pinned],
      options,
    );
    await rm(staging, { recursive: true, force: true });
    await writeFile(complete, '');
    return python;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
