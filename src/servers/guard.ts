import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const guarded = new Set<number>();

process.on('exit', () => {
  for (const pid of guarded) kill(pid);
});

/**
 * Kills the process `pid` when ours ends, however it ends: on exit, and, where there is a shell, also when we are killed
 * ourselves. A small shell waits for the end of a pipe that only we hold open; SIGKILL closes it as surely as an exit does.
 * Both servers lose nothing by a kill. Returns what ends the guard.
 */
export function guard(pid: number): () => void {
  guarded.add(pid);
  if (process.platform === 'win32') return () => void guarded.delete(pid);
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: an interrupt from the terminal ends us, and the shell must outlive us by a moment.
    detached: true,
  });
  shell.once('error', () => {});
  shell.unref();
  (shell.stdin as Socket).unref();
  return () => {
    guarded.delete(pid);
    shell.kill('SIGKILL');
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
