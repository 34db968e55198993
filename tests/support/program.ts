import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { run } from '../../src/cli/run-command.js';

/** The compiled command line. */
export const PROGRAM = join(__dirname, '../../dist/src/cli/main.js');

export interface Ran {
  /** -1: it was ended by a signal. */
  code: number;
  out: string;
  err: string;
}

interface Place {
  cwd: string;
  /** The whole environment but for `PATH`. */
  env: Record<string, string | undefined>;
}

/** As `runProgram`, in a process of its own: where that is what is tested, or commands run at the same time. */
export function spawnProgram(args: readonly string[], { cwd, env }: Place, program = PROGRAM): Promise<Ran> {
  const options = { cwd, env: { PATH: process.env['PATH'], ...env }, maxBuffer: 1 << 28 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
    child.stdin?.end();
  });
}

/** Those that start programs which print for themselves. */
const STARTING = /^worker\b|^sources test\b|^merge\b.* --dry-run/;

/** What a command prints, and who is told of it at once. */
interface Printed extends Record<'stdout' | 'stderr', string> {
  told?: (text: string) => void;
}

const printed = new AsyncLocalStorage<Printed>();
let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a command of the compiled program to its end, with nobody at its standard input, in this process: a process of its own
 * costs a second of both cores. One after the other, as environment and working folder are the process's. `told` gets what the
 * command prints while it runs.
 */
export function runProgram(args: readonly string[], place: Place, told?: (text: string) => void): Promise<Ran> {
  if (STARTING.test(args.join(' '))) return spawnProgram(args, place);
  const ran = before.then(() => runHere(args, place, told));
  before = ran.catch(() => {});
  return ran;
}

async function runHere(args: readonly string[], { cwd, env }: Place, told?: Printed['told']): Promise<Ran> {
  const { run: runCommand } = require(join(PROGRAM, '../run-command.js')) as { run: typeof run };
  const output: Printed = { stdout: '', stderr: '', ...(told && { told }) };
  const undo = [inFolder(cwd), withEnvironment(env), capturing('stdout'), capturing('stderr'), withNobodyThere()];
  const exitCode = process.exitCode;
  try {
    const code = await printed.run(output, () => runCommand(args));
    return { code, out: output.stdout, err: output.stderr };
  } finally {
    process.exitCode = exitCode;
    for (const back of undo.reverse()) back();
  }
}

function inFolder(folder: string): () => void {
  const former = process.cwd();
  process.chdir(folder);
  return () => process.chdir(former);
}

function withEnvironment(wanted: Place['env']): () => void {
  const former = { ...process.env };
  replaceEnvironment({ PATH: former['PATH'], ...wanted });
  return () => replaceEnvironment(former);
}

function replaceEnvironment(wanted: Place['env']): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) process.env[name] = value;
}

/** What the command prints; what others in this process print meanwhile goes where it went. */
function capturing(name: 'stdout' | 'stderr'): () => void {
  const stream = process[name];
  const former = Object.getOwnPropertyDescriptor(stream, 'write');
  const write = stream.write.bind(stream) as (...all: unknown[]) => boolean;
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    const into = printed.getStore();
    if (!into) return write(chunk, ...rest);
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    into[name] += text;
    into.told?.(text);
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  }) as typeof stream.write;
  return () => {
    if (former) Object.defineProperty(stream, 'write', former);
    else delete (stream as Partial<typeof stream>).write;
  };
}

/** Also where the tests were started from a terminal. */
function withNobodyThere(): () => void {
  const streams = [process.stdin, process.stdout, process.stderr] as { isTTY?: boolean }[];
  const former = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, 'isTTY'));
  for (const stream of streams) Object.defineProperty(stream, 'isTTY', { value: false, configurable: true });
  return () =>
    streams.forEach((stream, at) => {
      if (former[at]) Object.defineProperty(stream, 'isTTY', former[at]);
      else delete stream.isTTY;
    });
}
