import { createWriteStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, Option } from 'commander';
import { loadConfig } from '../../config.js';
import { exportHosts, FORMATS, type Exported, type FormatName, type HostsWanted } from '../../export/index.js';
import { Failure } from '../../model/failure.js';
import { PRIVATE } from '../../system/private-files.js';
import { privateFolder, type PrivateFolder } from '../../system/private-folder.js';
import { since } from '../shared/since.js';
import { withStore } from '../shared/with-store.js';

interface Options {
  format: FormatName;
  retired?: boolean;
  source?: string;
  since?: Date;
  out?: string;
}

export const exportCommand = new Command('export')
  .description('write the hosts of the inventory for another program, in the order of their ids')
  .addOption(
    new Option('--format <name>', 'jsonl: as stored; csv: flat; ocsf: events of class 5001, OCSF 1.8; ecs: Elastic')
      .choices(Object.keys(FORMATS))
      .default('jsonl'),
  )
  .option('--retired', 'also hosts that no source lists any more')
  .option('--source <name>', 'only hosts that this source lists')
  .option('--since <time>', 'only hosts seen or changed from then on: 2026-11-20, 36h, 7d', since)
  .option('--out <file>', 'into this file, which appears when it is whole; without it to standard output')
  .addHelpText(
    'after',
    `
All hosts are from one moment, as long as the export takes less than the five minutes of MongoDB's snapshot history.

Examples:
  npm run --silent rollcall -- export --format csv --out hosts.csv
  npm run --silent rollcall -- export --format ocsf --since 1d | gzip > hosts.ocsf.jsonl.gz
  npm run --silent rollcall -- export | jq -r 'select(.device.os.type_id == 200) | .device.hostname'`,
  )
  .action(async ({ format, out, ...options }: Options) => {
    const wanted: HostsWanted = {
      ...(options.retired ? { retired: true } : {}),
      ...(options.source === undefined ? {} : { source: options.source }),
      ...(options.since === undefined ? {} : { since: options.since }),
    };
    await withStore(loadConfig(), async (store) => {
      const exported: Exported = { hosts: 0, oneMoment: true };
      const text = Readable.from(exportHosts(store, format, wanted, exported), { objectMode: true, highWaterMark: 1 });
      if (out === undefined) await pipeline(text, process.stdout, { end: false });
      else await whole(resolve(out), (file) => pipeline(text, file));
      const where = out === undefined ? '' : ` in ${out}`;
      process.stderr.write(`${exported.hosts} hosts${where}\n`);
      if (!exported.oneMoment)
        process.stderr.write(
          'The export took longer than the snapshot history of MongoDB: later hosts show their state at the time of writing\n',
        );
    });
  });

/** Writes a file next to `path`, and renames it to `path` once it is on disk. Throws `Failure` if that fails. */
async function whole(path: string, write: (file: Writable) => Promise<void>): Promise<void> {
  let folder: PrivateFolder | undefined;
  try {
    folder = await privateFolder(dirname(path), `.${basename(path)}.`);
    const partial = join(folder.path, 'partial');
    await write(createWriteStream(partial, PRIVATE));
    const written = await open(partial);
    await written.sync();
    await written.close();
    await rename(partial, path);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new Failure('settings-invalid', `${path} cannot be written (${code ?? syscall})`, {
      remedy: 'Give --out a path in a folder that exists, with room on its disk',
    });
  } finally {
    await folder?.release();
  }
}
