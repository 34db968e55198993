import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, unlinkSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../model/failure.js';
import { guard } from './guard.js';
import { PRIVATE, PRIVATE_FOLDER } from '../system/private-files.js';

export interface RunningServer {
  pid: number;
  /** Sends SIGTERM, and SIGKILL when the server has not ended within ten seconds. May be called twice. */
  stop(): Promise<void>;
  /** Sends SIGKILL and waits until the server has ended. */
  kill(): Promise<void>;
}

export interface ServerProcess {
  /** Name of the server in messages. */
  title: string;
  binary: string;
  args: string[];
  /** Called until it returns `true`; an error counts as `false`. `log` is the output of the server since its start. */
  ready: (pid: number, log: string) => Promise<boolean>;
  /** File to which output is appended. Without one, output is kept only while the server runs. */
  logFile?: string | undefined;
  /** Lets the server outlive this process. */
  detached?: boolean | undefined;
  /** Time limit to be ready, milliseconds. Default: 30 s. */
  deadlineMs?: number | undefined;
  /** Finds the reason of a failed start in the log. Default: the last lines of the log. */
  explain?: (log: string) => string | undefined;
}

const GRACE_MS = 10_000;

/** Starts a server and waits until it is ready. Throws `Failure('server-unavailable')` with the end of its output otherwise. */
export async function startProcess(server: ServerProcess): Promise<RunningServer> {
  const log = openLog(server.logFile);
  const child = spawn(server.binary, server.args, {
    stdio: ['ignore', log.fd, log.fd],
    // A separate process group: an interrupt from the terminal reaches only this process, which stops the servers in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  const endGuard = child.pid === undefined || server.detached ? () => {} : guard(child.pid);
  let hasEnded = false;
  void exited.then(() => {
    hasEnded = true;
    endGuard();
  });
  // Lets this process end while the server runs.
  child.unref();
  try {
    const ended = await Promise.race([exited, untilReady(server, child.pid, log.read, () => hasEnded)]);
    if (ended === undefined) return running(child, exited);
    await end(child, exited);
    const reason = server.explain?.(log.read()) ?? lastLines(log.read());
    throw new Failure('server-unavailable', `${server.title} did not start (${ended})${reason && `: ${reason}`}`, {
      at: server.binary,
      remedy: server.logFile ? `Its log is ${server.logFile}` : 'Start it by hand to see its whole output',
    });
  } finally {
    closeSync(log.fd);
  }
}

/** Returns a handle of a server that an earlier process left running. */
export function attach(pid: number): RunningServer {
  const hasEndedWithin = async (withinMs: number) => {
    for (const until = Date.now() + withinMs; Date.now() < until; await delay(20)) if (!isAlive(pid)) return true;
    return false;
  };
  const kill = async () => {
    signal(pid, 'SIGKILL');
    await hasEndedWithin(GRACE_MS);
  };
  const stop = async () => {
    signal(pid, 'SIGTERM');
    if (!(await hasEndedWithin(GRACE_MS))) await kill();
  };
  return { pid, kill, stop };
}

/**
 * Whether the process runs. A zombie does not count as running: in a container without an init process, no process reaps it.
 */
export function isAlive(pid: number): boolean {
  if (!signal(pid, 0)) return false;
  if (process.platform !== 'linux') return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

function running(child: ChildProcess, exited: Promise<string>): RunningServer {
  const kill = () => end(child, exited);
  const stop = async () => {
    child.ref();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await exited;
    clearTimeout(timer);
  };
  return { pid: child.pid ?? 0, kill, stop };
}

async function end(child: ChildProcess, exited: Promise<string>): Promise<void> {
  child.ref();
  child.kill('SIGKILL');
  await exited;
}

/** Returns why the server is not ready, or `undefined` when it is. */
async function untilReady(
  server: ServerProcess,
  pid: number | undefined,
  log: () => string,
  hasEnded: () => boolean,
): Promise<string | undefined> {
  const deadlineMs = server.deadlineMs ?? 30_000;
  for (const until = Date.now() + deadlineMs; Date.now() < until && !hasEnded(); await delay(20)) {
    if (pid !== undefined && (await server.ready(pid, log()).catch(() => false))) return undefined;
  }
  return `not ready within ${deadlineMs / 1000} s`;
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

function openLog(file: string | undefined): { fd: number; read: () => string } {
  const path = file ?? join(tmpdir(), `rollcall-${randomUUID()}.log`);
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const fd = openSync(path, 'a+', PRIVATE.mode);
  // The system deletes an unlinked file when the last process closes it.
  if (!file) unlinkSync(path);
  const start = fstatSync(fd).size;
  const read = () => {
    const buffer = Buffer.alloc(Math.min(fstatSync(fd).size - start, 1 << 20));
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, start));
  };
  return { fd, read };
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-3).join(' ').slice(-500);
}
