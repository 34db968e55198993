import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const guarded = new Set<number>();

process.on('exit', () => {
  for (const pid of guarded) kill(pid);
});

/**
 * Kills the process `pid` when this process ends: on exit and, where there is a shell, also when this process is killed. A shell
 * waits for the end of a pipe that only this process holds open, and SIGKILL closes the pipe as well. The servers lose no data
 * when they are killed. Returns a function that ends the guard.
 */
export function guard(pid: number): () => void {
  guarded.add(pid);
  if (process.platform === 'win32') return () => void guarded.delete(pid);
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A separate session: an interrupt from the terminal ends this process, and must not end the shell, which then kills the
    // server.
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
    // The process has ended already.
  }
}
