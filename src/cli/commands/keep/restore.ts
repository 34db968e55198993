import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { readManifest } from '../../../operations/backup/manifest.js';
import { openStore } from '../../../store/database.js';
import { restore } from '../../../operations/backup/restore.js';
import { confirmed } from '../../shared/confirm.js';
import { withStore } from '../../shared/with-store.js';

interface Options {
  replace?: boolean;
  yes?: boolean;
  json?: boolean;
}

export const restoreCommand = new Command('restore')
  .description('fill an empty database from a backup, and check that every document is the same')
  .argument('<folder>', 'what `rollcall backup` made')
  .option('--replace', 'drop the contents of the database first')
  .option('--yes', 'do not ask')
  .option('--json', 'print what was restored as one JSON object')
  .addHelpText(
    'after',
    `
Stop the workers first, and end runs that Temporal still holds open: docs/backup.md says how.

Examples:
  npm run rollcall -- restore /backups/rollcall-2026-11-21
  npm run rollcall -- restore /backups/rollcall-2026-11-21 --replace`,
  )
  .action(async (folder: string, { replace, yes, json }: Options) => {
    const config = loadConfig();
    const path = resolve(folder);
    const { taken_at: takenAt } = await readManifest(path);
    if (replace) {
      await confirmed(`Drop the database ${config.mongodb.database} and restore ${folder}, of ${takenAt}?`, yes);
      const store = await openStore(config.mongodb, { prepare: false });
      await store.db.dropDatabase();
      await store.close();
    }
    await withStore(config, async (store) => {
      const manifest = await restore(store, path, {
        onCollection: ({ name, documents }) => void process.stderr.write(`${name}: ${documents}, all the same\n`),
      });
      const documents = manifest.collections.reduce((sum, entry) => sum + entry.documents, 0);
      if (json) process.stdout.write(`${JSON.stringify({ database: config.mongodb.database, documents, takenAt })}\n`);
      else
        process.stdout.write(
          `${documents} documents are in ${config.mongodb.database} as they were at ${takenAt}\n` +
            'Next: start the workers, then npm run trigger -- --force --wait, then npm run verify\n',
        );
    });
  });
