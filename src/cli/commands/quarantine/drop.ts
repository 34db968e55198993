import { Command } from 'commander';
import { loadConfig } from '../../../config.js';
import { dropQuarantined } from '../../../quarantine/drop.js';
import { groupQuarantined } from '../../../quarantine/groups.js';
import { askYes } from '../../shared/confirm.js';
import { reason as reasonGiven } from '../privacy/mask.js';
import { user } from '../../shared/person.js';
import { printable } from '../../../format/printable.js';
import { withStore } from '../../shared/with-store.js';
import { narrowing, records, rejectUnknown, whichOf, type Which } from './which.js';

interface Options extends Which {
  why: string;
  by: string;
  yes?: boolean;
}

export const dropCommand = narrowing(new Command('drop'))
  .description('remove records from quarantine permanently; the raw pages stay, and an audit entry names the user')
  .argument('[id...]', 'as list shows them')
  .option('--all', 'all that is in quarantine')
  .requiredOption('--why <text>', 'why, for the audit entry')
  .option('--by <name>', 'who drops them', user())
  .option('--yes', 'do not ask')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- quarantine drop qualys:305000117 --why "a test asset"\n' +
      '  npm run rollcall -- quarantine drop --source events --reason "not JSON" --why "noise of a debug build" --yes\n\n' +
      'A record that is listed again, and still not readable, comes back.',
  )
  .action(async (ids: string[], options: Options, command: Command) => {
    const which = whichOf(command, ids, options);
    const why = reasonGiven(options.why);
    await withStore(loadConfig(), async (store) => {
      await rejectUnknown(store, which);
      const groups = await groupQuarantined(store, which);
      if (groups.length === 0) {
        // Called even without entries, because it also resets the count of rows that did not fit into quarantine.
        await dropQuarantined(store, which, { by: options.by, why });
        process.stdout.write('No matching records are in quarantine\n');
        return;
      }
      for (const { source, reason, records: count } of groups)
        process.stderr.write(printable(`${records(count)} of ${source}: ${reason}`) + '\n');
      const count = groups.reduce((sum, group) => sum + group.records, 0);
      if (!options.yes && !(await askYes(`Take ${records(count)} out of quarantine for good?`))) {
        process.stderr.write('Nothing was dropped\n');
        return;
      }
      const dropped = await dropQuarantined(store, which, { by: options.by, why });
      process.stdout.write(
        `${records(dropped)} dropped; the raw stays. What is listed again, and still not readable, comes back\n`,
      );
    });
  });
