import { EXIT, report } from './shared/exit.js';
import { buildProgram, commandIn } from './program.js';

/** Runs one command to its end, says what went wrong, and gives the exit code. Ends no process. */
export async function run(args: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    const asked = commandIn(args);
    await (await buildProgram((name) => name === asked)).parseAsync(args, { from: 'user' });
  } catch (error) {
    const { code, exitCode } = error as { code?: unknown; exitCode?: number };
    if (typeof code !== 'string' || !code.startsWith('commander.')) return report(error);
    return exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return codeSet();
}

/** What the command has set meanwhile. */
const codeSet = () => Number(process.exitCode ?? EXIT.ok);
