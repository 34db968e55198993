#!/usr/bin/env node
// The commands are listed in commands.ts.
import { EXIT, report } from './exit.js';
import { buildProgram, commandIn } from './program.js';

async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok); // "| head" has seen enough
  });
  try {
    const asked = commandIn(process.argv.slice(2));
    await (await buildProgram((name) => name === asked)).parseAsync();
  } catch (error) {
    const code = (error as { code?: string; exitCode?: number }).code ?? '';
    if (code.startsWith('commander.'))
      process.exitCode = (error as { exitCode: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = report(error);
  }
  process.exit();
}

void main();
