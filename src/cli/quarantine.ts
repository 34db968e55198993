import { Command } from 'commander';
import { dropCommand } from './quarantine/drop.js';
import { listCommand } from './quarantine/list.js';
import { retryCommand } from './quarantine/retry.js';
import { showCommand } from './quarantine/show.js';

export const quarantineCommand = new Command('quarantine')
  .description('records that could not be understood: they wait here, and leave by themselves once they are')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- quarantine list\n  npm run rollcall -- quarantine show qualys:305000117\n' +
      '  npm run rollcall -- quarantine retry --source qualys',
  )
  .addCommand(listCommand)
  .addCommand(showCommand)
  .addCommand(retryCommand)
  .addCommand(dropCommand);
