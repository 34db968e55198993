import { Command } from 'commander';
import { decisionsCommand, joinCommand, splitCommand, undoCommand } from './decide.js';
import { demoCommand } from './demo.js';
import { eventsCommand } from './events.js';
import { EXIT, report } from './exit.js';
import { hostCommand } from './host.js';
import { maskCommand } from './mask.js';
import { mergeCommand } from './merge.js';
import { replayCommand } from './replay.js';
import { scheduleCommand } from './schedule.js';
import { triggerCommand } from './trigger.js';
import { unmaskCommand } from './unmask.js';
import { verifyCommand } from './verify.js';
import { whyCommand } from './why.js';

const program = new Command('rollcall')
  .description('Which hosts do we have, each exactly once, and what does every tool know about it?')
  .showHelpAfterError('(--help shows what there is)')
  .configureHelp({ showGlobalOptions: true });
const commands = [
  demoCommand,
  triggerCommand,
  scheduleCommand,
  replayCommand,
  verifyCommand,
  hostCommand,
  whyCommand,
  splitCommand,
  joinCommand,
  decisionsCommand,
  undoCommand,
  mergeCommand,
  eventsCommand,
  maskCommand,
  unmaskCommand,
];
for (const command of commands) program.addCommand(command);

async function main(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok); // "| head" has seen enough
  });
  try {
    program.exitOverride();
    for (const command of program.commands) command.exitOverride();
    await program.parseAsync();
  } catch (error) {
    const code = (error as { code?: string; exitCode?: number }).code ?? '';
    if (code.startsWith('commander.'))
      process.exitCode = (error as { exitCode: number }).exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = report(error);
  }
  process.exit();
}

void main();
