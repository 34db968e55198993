import { EXIT, report } from './shared/exit.js';
import { buildProgram, commandIn } from './program.js';

/** Runs one command, prints its error, and returns the exit code. Does not end the process. */
export async function run(args: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    const command = commandIn(args);
    await (await buildProgram((name) => name === command)).parseAsync(args, { from: 'user' });
  } catch (error) {
    const { code, exitCode } = error as { code?: unknown; exitCode?: number };
    if (typeof code !== 'string' || !code.startsWith('commander.')) return report(error);
    return exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return codeSet();
}

/** The exit code that the command has set. */
const codeSet = () => Number(process.exitCode ?? EXIT.ok);
