import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { WORKER_FLAGS } from '../../system/worker-flags.js';

/** Makes glibc return freed memory at once. A worker then uses a third less memory. */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768' };

export const workerCommand = new Command('worker')
  .description('run a worker until it receives a signal: the same program as npm start; start as many as you like')
  .addHelpText(
    'after',
    '\nIts settings come from .env and the environment. SIGINT and SIGTERM end it when its activities have stopped.' +
      '\n\nExample:\n  npm run rollcall -- worker',
  )
  .action(async () => {
    const program = join(__dirname, '../../worker.js');
    const worker = spawn(process.execPath, [...WORKER_FLAGS, program], {
      stdio: 'inherit',
      env: { ...MALLOC, ...process.env },
    });
    // A terminal sends signals to both processes. A supervisor sends SIGTERM only to this process, which forwards it.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => worker.kill('SIGTERM'));
    const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null];
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 1);
  });
