import { Command } from 'commander';
import { dropCommand } from './drop.js';
import { listCommand } from './list.js';
import { retryCommand } from './retry.js';
import { showCommand } from './show.js';

export const quarantineCommand = new Command('quarantine')
  .description('records that could not be read: each stays here until a later read of it succeeds')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- quarantine list\n  npm run rollcall -- quarantine show qualys:305000117\n' +
      '  npm run rollcall -- quarantine retry --source qualys',
  )
  .addCommand(listCommand)
  .addCommand(showCommand)
  .addCommand(retryCommand)
  .addCommand(dropCommand);
