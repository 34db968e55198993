import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from './programs/path.js';

export interface RunOptions {
  environment: Environment;
  /** The program makes progress as long as the content of this folder grows. */
  growing: string;
  /** Time without growth after which the program is killed, milliseconds. Default: 8 s. */
  stallMs?: number;
}

/** Runs a program, waits until it ends, and returns its output. Throws an `Error` with its last error line. */
export async function run(command: string, args: string[], options: RunOptions): Promise<string> {
  const child = spawn(command, args, {
    env: options.environment as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A separate process group, so that a kill also reaches the program's child processes.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] = (output[name] + text).slice(-20_000)));
  }
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const killed = killWhenStalled(() => killGroup(child.pid), options);
  try {
    const code = await ended;
    if (killed.stalled) throw new Error(`no progress for ${killed.stallMs / 1000} s`);
    if (code !== 0) throw new Error(lastErrorLine(output.stderr || output.stdout) || `exit code ${code}`);
    return output.stdout;
  } finally {
    killed.end();
  }
}

function killWhenStalled(kill: () => void, { growing, stallMs = 8_000 }: RunOptions) {
  const watch = { stalled: false, stallMs, end: () => clearInterval(timer) };
  let size = -1;
  let grewAt = Date.now();
  const timer = setInterval(() => {
    void sizeOf(growing).then((now) => {
      if (now !== size) [size, grewAt] = [now, Date.now()];
      if (Date.now() - grewAt < stallMs) return;
      watch.stalled = true;
      kill();
    });
  }, 250);
  return watch;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // The program has ended by itself.
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = entries.map((entry) =>
    stat(join(folder, entry))
      .then((found) => found.size)
      .catch(() => 0),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Returns the last line that describes an error, without credentials and queries of URLs in it. */
function lastErrorLine(text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const line = lines.findLast((line) => /error|fail|cannot|no module/i.test(line)) ?? lines.at(-1);
  return line
    ?.replace(/\/\/[^/\s@]+@/g, '//')
    .replace(/\?[^\s)]+/g, '')
    .slice(0, 300);
}
