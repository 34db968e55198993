import { Command } from 'commander';
import { checkCommand } from './check.js';
import { listCommand } from './list.js';
import { newCommand } from './new.js';
import { previewCommand } from './preview.js';
import { resetCommand } from './reset.js';
import { testCommand } from './test.js';

export const sourcesCommand = new Command('sources')
  .description('list, check, preview, test, reset and create sources')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run rollcall -- sources list\n  npm run rollcall -- sources check qualys\n' +
      '  npm run rollcall -- sources preview qualys --rows 2\n' +
      '  npm run rollcall -- sources new acme --dataset hosts --paging cursor --auth bearer',
  )
  .addCommand(listCommand)
  .addCommand(checkCommand)
  .addCommand(previewCommand)
  .addCommand(newCommand)
  .addCommand(resetCommand)
  .addCommand(testCommand);
