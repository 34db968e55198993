import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';

/** As `npm start` does: helper threads of the collector cost more than they save where every core is busy. */
const FLAGS = ['--enable-source-maps', '--single-threaded-gc', '--max-semi-space-size=4'];
/** glibc gives freed megabytes back at once: a worker stays a third smaller. */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '32768' };

export const workerCommand = new Command('worker')
  .description('run a worker until it is told to stop: the same program as npm start; start as many as you like')
  .addHelpText(
    'after',
    '\nIts settings come from .env and the environment. SIGINT and SIGTERM end it when its activities have handed over.' +
      '\n\nExample:\n  npm run rollcall -- worker',
  )
  .action(async () => {
    const program = join(__dirname, '../../worker.js');
    const worker = spawn(process.execPath, [...FLAGS, program], {
      stdio: 'inherit',
      env: { ...MALLOC, ...process.env },
    });
    // A terminal sends its signals to both; a supervisor knows this process only.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => worker.kill('SIGTERM'));
    const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null];
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 1);
  });
