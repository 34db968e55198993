#!/usr/bin/env node
// The commands are listed in commands.ts.
import { makeFilesPrivate } from '../system/private-files.js';
import { EXIT } from './shared/exit.js';
import { run } from './run-command.js';

makeFilesPrivate();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok); // the reader closed the pipe, like "| head"
});
void run(process.argv.slice(2)).then((code) => process.exit(code));
