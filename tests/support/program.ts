import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** The compiled command line. */
export const PROGRAM = join(__dirname, '../../dist/src/cli/main.js');

export interface Ran {
  /** -1: it was ended by a signal, or by the time-out. */
  code: number;
  out: string;
  err: string;
}

/** Runs the program to its end, with nobody at its standard input; `env` is its whole environment but for `PATH`. */
export function runProgram(
  args: readonly string[],
  { cwd, env, timeout = 60_000 }: { cwd: string; env: Record<string, string | undefined>; timeout?: number },
): Promise<Ran> {
  const options = { cwd, env: { PATH: process.env['PATH'], ...env }, timeout };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
    child.stdin?.end();
  });
}
