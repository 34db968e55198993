import { access, constants, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { attention, ok, skipped, type Check, type Finding } from './check.js';

const GIB = 1024 ** 3;

/** Free space for the database, as its server reports it, and for the folders that Rollcall writes. */
export const databaseDiskCheck: Check = {
  group: 'Disk of MongoDB',
  async run({ store }) {
    const { fsUsedSize: used, fsTotalSize: total } = await (await store()).db.command({ dbStats: 1 });
    if (typeof used !== 'number' || typeof total !== 'number' || total === 0)
      return [skipped('The server does not report it')];
    return [roomFinding('data', total - used, total, 'Give the volume of MongoDB more room')];
  },
};

export const foldersCheck: Check = {
  group: 'Folders',
  run: ({ config }) =>
    Promise.all([
      folder('logs', config.log.dir, 'ROLLCALL_LOG_DIR'),
      folder('reports', config.reportDir, 'ROLLCALL_REPORT_DIR'),
      folder('temporary files', tmpdir(), 'TMPDIR'),
    ]),
};

async function folder(what: string, path: string, variable: string): Promise<Finding> {
  const there = await existing(resolve(path));
  const usable = await access(there, constants.W_OK).then(
    async () => (await stat(there)).isDirectory(),
    () => false,
  );
  if (!usable) {
    return attention(
      `${what} in ${path} cannot be written to`,
      `Let this user write there, or set ${variable} to another folder`,
    );
  }
  const { bavail, blocks, bsize } = await statfs(there);
  return roomFinding(
    `${what} in ${path}`,
    bavail * bsize,
    blocks * bsize,
    `Make room, or set ${variable} to another folder`,
  );
}

/** The folder itself, or its nearest existing parent, where it would be created. */
async function existing(path: string): Promise<string> {
  const found = await access(path).then(
    () => true,
    () => false,
  );
  return found || dirname(path) === path ? path : existing(dirname(path));
}

/** Warns below 2 GiB, or below a tenth on file systems smaller than 20 GiB. Sizes in bytes. */
export function roomFinding(what: string, free: number, total: number, fix: string): Finding {
  const message = `${what}: ${(free / GIB).toFixed(1)} of ${(total / GIB).toFixed(1)} GiB free`;
  const little = free < 2 * GIB || (free < total / 10 && free < 20 * GIB);
  return little ? attention(message, fix) : ok(message);
}
