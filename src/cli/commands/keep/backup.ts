import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { backup } from '../../../operations/backup/backup.js';
import { bytesText } from '../../../format/bytes.js';
import { withStore } from '../../shared/with-store.js';

export const backupCommand = new Command('backup')
  .description('write all collections into a new folder, as they stand at one moment; workers may go on')
  .argument('<folder>', 'where no file or folder is yet')
  .option('--json', 'print the manifest as one JSON object')
  .addHelpText(
    'after',
    `
The key ring is not in it, and without the key ring no masked value and no sealed page can be read again: keep a copy of it
elsewhere. The folder holds the inventory in clear: keep it as safe as the database.

Examples:
  npm run rollcall -- backup /backups/rollcall-$(date +%F)
  npm run rollcall -- restore /backups/rollcall-2026-11-21`,
  )
  .action(async (folder: string, { json }: { json?: boolean }) => {
    await withStore(loadConfig(), async (store) => {
      const started = Date.now();
      const manifest = await backup(store, resolve(folder), {
        onWait: (holder) => void process.stderr.write(`Waits for the end of: ${holder}\n`),
        onCollection: ({ name, documents }) => void process.stderr.write(`${name}: ${documents}\n`),
      });
      if (json) process.stdout.write(`${JSON.stringify(manifest)}\n`);
      else {
        const documents = manifest.collections.reduce((sum, entry) => sum + entry.documents, 0);
        const bytes = manifest.collections.reduce((sum, entry) => sum + entry.bytes, 0);
        const seconds = ((Date.now() - started) / 1_000).toFixed(1);
        process.stdout.write(
          `${documents} documents (${bytesText(bytes)}) of ${manifest.database} are in ${folder}, ${seconds} s\n`,
        );
      }
    });
  });
