import { Command } from 'commander';
import { COMMANDS, type Listed } from './commands.js';

/**
 * Builds the program. It loads the commands that `wanted` selects and lists the others by name, because the dependencies of a
 * command (Temporal's client, MongoDB's driver) take longer to load than most commands take to run. Commands throw instead of
 * exiting.
 */
export async function buildProgram(wanted: (name: string) => boolean): Promise<Command> {
  const program = new Command('rollcall')
    .description('Which hosts do we have, each exactly once, and what does every tool report about it?')
    // An option after a subcommand belongs to the subcommand, even if its parent has one of the same name.
    .enablePositionalOptions()
    .showHelpAfterError('(--help lists the commands and options)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXAMPLES);
  for (const [group, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(`${group}:`);
    for (const listed of commands) program.addCommand(wanted(listed.name) ? await load(listed) : named(listed));
  }
  program.commandsGroup('Your shell:');
  program.addCommand(wanted(completion.name) ? await load(completion) : named(completion));
  program.commandsGroup('Help:').helpCommand('help [command]', 'what a command does, and its options');
  throwing(program);
  return program;
}

/** This command loads the whole program, so `COMMANDS` cannot contain it. */
const completion: Listed = {
  name: 'completion',
  summary: 'completion for bash, zsh or fish',
  load: async () =>
    (await import('./commands/completion/command.js')).completionCommand(() => buildProgram(() => true)),
};

const EXAMPLES = `
Examples:
  npm run demo                              try it, on simulated vendors
  npm run trigger -- --wait                 collect now
  npm run rollcall -- hosts web             hosts whose name, address or serial begins with "web"
  npm run rollcall -- host web-01 --why     what is known of one, and why its records are one host
  npm run rollcall -- changes --since 1d    what happened since yesterday`;

const named = ({ name, summary }: Listed): Command => new Command(name).summary(summary);

async function load({ summary, load: loadIt }: Listed): Promise<Command> {
  return (await loadIt()).summary(summary);
}

function throwing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwing(child);
}

/** The name of the command in `args`: `host` in `host web-01` and in `help host`. */
export function commandIn(args: readonly string[]): string | undefined {
  const names = args.filter((arg) => !arg.startsWith('-'));
  return names[0] === 'help' ? names[1] : names[0];
}
