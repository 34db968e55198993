import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeOr } from '../servers/ports.js';
import { stopKept as stopKeptServers } from '../servers/kept.js';

/**
 * The folder of the demo: data of the servers, and the files with which later commands find the processes that `--keep` left
 * running.
 */
export const FOLDER = '.rollcall/demo';
/** Environment variables for later commands, in the format of `.env`. */
export const ENVIRONMENT = join(FOLDER, 'env');
/** File with the ids of the processes, and the simulator's port. */
const RUNNING = join(FOLDER, 'running.json');
/** Preferred port of the simulator. */
const PORT = 8400;

interface Running {
  pids: number[];
  /** Port of the simulator. */
  port?: number;
}

function running(): Running {
  try {
    return JSON.parse(readFileSync(RUNNING, 'utf8')) as Running;
  } catch {
    return { pids: [] };
  }
}

/**
 * Saves the processes that outlive this one, and the variables with which commands reach them. Variables that the environment
 * already sets are left out: they may be the user's own secrets.
 */
export function saveKept(pids: number[], simulator: string, environment: Record<string, string>): void {
  writeFileSync(RUNNING, JSON.stringify({ pids, port: Number(new URL(simulator).port) } satisfies Running));
  const own = Object.entries(environment).filter(
    // Variables of the demonstration APIs would only show sources that are never collected.
    ([name, value]) => value !== '' && process.env[name] !== value && !name.includes('_DEMO_'),
  );
  const lines = own.map(([name, value]) => `${name}=${/[\s#'"]/.test(value) ? `"${value}"` : value}`);
  writeFileSync(ENVIRONMENT, `# The demo, as long as it is kept up. Commands read .env\n${lines.join('\n')}\n`);
}

/** The simulator's previous port, so that saved addresses stay valid; another free port when that port is in use. */
export const simulatorPort = (port = running().port): Promise<number> => freeOr(port ?? PORT);

/** Stops the processes that an earlier `--keep` left running, the worker first. Returns whether anything was running. */
export async function stopKept(print: (line: string) => void): Promise<boolean> {
  const processes = await stopProcesses(print);
  rmSync(RUNNING, { force: true });
  rmSync(ENVIRONMENT, { force: true });
  const servers = await stopKeptServers(FOLDER);
  return processes + servers > 0;
}

/** Stops the worker and the simulator, but not Temporal and MongoDB. Returns the number of processes. */
export async function stopProcesses(print: (line: string) => void): Promise<number> {
  const { pids, port } = running();
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM');
      print(`Stopping process ${pid}`);
      for (let tries = 0; tries < 100; tries += 1) {
        process.kill(pid, 0);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      process.kill(pid, 'SIGKILL');
    } catch {
      // already ended
    }
  }
  // The system may reuse these process ids.
  if (pids.length > 0) writeFileSync(RUNNING, JSON.stringify({ pids: [], port }));
  return pids.length;
}
