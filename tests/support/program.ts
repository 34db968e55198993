import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { run } from '../../src/cli/run-command.js';

/** The compiled command line. */
export const PROGRAM = join(__dirname, '../../dist/src/cli/main.js');

export interface Ran {
  /** -1 when a signal ended the program. */
  code: number;
  out: string;
  err: string;
}

interface Place {
  cwd: string;
  /** The whole environment except `PATH`. */
  env: Record<string, string | undefined>;
}

/**
 * Like `runProgram`, but in its own process: for tests of the process itself, and for commands that run at the same
 * time.
 */
export function spawnProgram(args: readonly string[], { cwd, env }: Place, program = PROGRAM): Promise<Ran> {
  const options = { cwd, env: { PATH: process.env['PATH'], ...env }, maxBuffer: 1 << 28 };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
    child.stdin?.end();
  });
}

/** Commands that start programs with their own output. */
const STARTING = /^worker\b|^sources test\b|^merge\b.* --dry-run/;

/** The output of a command, and a function that gets it while the command runs. */
interface Printed extends Record<'stdout' | 'stderr', string> {
  onText?: (text: string) => void;
}

const printed = new AsyncLocalStorage<Printed>();
let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a command of the compiled program to its end in this process, without a terminal: a separate process costs a
 * second of both cores. Commands run one after the other, because environment and working folder belong to the process.
 * `onText` gets the output while the command runs.
 */
export function runProgram(args: readonly string[], place: Place, onText?: (text: string) => void): Promise<Ran> {
  if (STARTING.test(args.join(' '))) return spawnProgram(args, place);
  const ran = before.then(() => runHere(args, place, onText));
  before = ran.catch(() => {});
  return ran;
}

async function runHere(args: readonly string[], { cwd, env }: Place, onText?: Printed['onText']): Promise<Ran> {
  const { run: runCommand } = require(join(PROGRAM, '../run-command.js')) as { run: typeof run };
  const output: Printed = { stdout: '', stderr: '', ...(onText && { onText }) };
  const undo = [inFolder(cwd), withEnvironment(env), capturing('stdout'), capturing('stderr'), withoutTerminal()];
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

/** Captures the output of the command. Other output of this process goes to its usual target. */
function capturing(name: 'stdout' | 'stderr'): () => void {
  const stream = process[name];
  const former = Object.getOwnPropertyDescriptor(stream, 'write');
  const write = stream.write.bind(stream) as (...all: unknown[]) => boolean;
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    const into = printed.getStore();
    if (!into) return write(chunk, ...rest);
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    into[name] += text;
    into.onText?.(text);
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  }) as typeof stream.write;
  return () => {
    if (former) Object.defineProperty(stream, 'write', former);
    else delete (stream as Partial<typeof stream>).write;
  };
}

/** Commands find no terminal, also when the tests were started from one. */
function withoutTerminal(): () => void {
  const streams = [process.stdin, process.stdout, process.stderr] as { isTTY?: boolean }[];
  const former = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, 'isTTY'));
  for (const stream of streams) Object.defineProperty(stream, 'isTTY', { value: false, configurable: true });
  return () =>
    streams.forEach((stream, at) => {
      if (former[at]) Object.defineProperty(stream, 'isTTY', former[at]);
      else delete stream.isTTY;
    });
}
