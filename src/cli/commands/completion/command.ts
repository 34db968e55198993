import { Argument, Command } from 'commander';
import { completionsOf } from './completions.js';
import { SHELLS, type Shell } from './shells.js';

/** `whole` builds the program with all of its commands loaded. */
export const completionCommand = (whole: () => Promise<Command>): Command =>
  new Command('completion')
    .description('print what completes commands and options in a shell, for a `rollcall` on the PATH')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      '\nnpm link puts `rollcall` on the PATH; in the image it is there.\n\nExamples:\n' +
        '  source <(rollcall completion bash)                                          # in ~/.bashrc\n' +
        '  source <(rollcall completion zsh)                                           # in ~/.zshrc, behind compinit\n' +
        '  rollcall completion fish > ~/.config/fish/completions/rollcall.fish',
    )
    .action(async (shell: Shell) => {
      process.stdout.write(SHELLS[shell](completionsOf(await whole())));
    });
