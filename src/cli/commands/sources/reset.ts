import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { Failure } from '../../../model/failure.js';
import { removePositions } from '../../../store/collections/sources.js';
import { confirmed } from '../../shared/confirm.js';
import { withStore } from '../../shared/with-store.js';
import { sourceNamed } from '../../../diagnostics/source/find.js';

export const resetCommand = new Command('reset')
  .description('delete the read positions of files: the next run reads the files from the beginning')
  .argument('<name>', 'a source that reads growing files')
  .option('--yes', 'do not ask')
  .addHelpText('after', '\nExample:\n  npm run rollcall -- sources reset events')
  .action(async (name: string, options: { yes?: boolean }) => {
    const config = loadConfig();
    const { source } = sourceNamed(config, name);
    if (source.listing !== 'append')
      throw new Failure(
        'settings-invalid',
        `${name} stores no position: each of its listings starts from the beginning`,
        {
          remedy: `npm run trigger -- ${name} --force collects it again; npm run rollcall -- stop ${name} discards the cursor of a parked one`,
        },
      );
    await confirmed(`Read everything of ${name} again? Existing data is not stored twice`, options.yes);
    await withStore(config, async (store) => {
      const files = await removePositions(store, name);
      process.stdout.write(`${files} positions of ${name} deleted\nNext: npm run trigger -- ${name} --force --wait\n`);
    });
  });
