import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeOr } from '../servers/ports.js';
import { stopKept as stopKeptServers } from '../servers/kept.js';

/** What `--keep` leaves up beside the servers, and how later commands find it. */
export const FOLDER = '.rollcall/demo';
/** Variables that point commands at it, in the form of `.env`. */
export const ENVIRONMENT = join(FOLDER, 'env');
const RUNNING = join(FOLDER, 'running.json');
/** Where the simulator listens when it is to be found again. */
const PORT = 8400;

interface Running {
  pids: number[];
  /** Where the simulator listens. */
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
 * Notes what outlives this process, and what commands need to reach it: without what their environment tells already, which may be
 * somebody's own secret.
 */
export function noteKept(pids: number[], simulator: string, environment: Record<string, string>): void {
  writeFileSync(RUNNING, JSON.stringify({ pids, port: Number(new URL(simulator).port) } satisfies Running));
  const own = Object.entries(environment).filter(
    // Those of the demonstration APIs would only be shown as sources that nobody has collected.
    ([name, value]) => value !== '' && process.env[name] !== value && !name.includes('_DEMO_'),
  );
  const lines = own.map(([name, value]) => `${name}=${/[\s#'"]/.test(value) ? `"${value}"` : value}`);
  writeFileSync(ENVIRONMENT, `# The demo, as long as it is kept up. Commands read .env\n${lines.join('\n')}\n`);
}

/** The port that the simulator had, so that what was noted of it stays true; any other one when it is taken. */
export const simulatorPort = (port = running().port): Promise<number> => freeOr(port ?? PORT);

/** Stops what an earlier `--keep` left up, the worker first. Returns whether there was anything. */
export async function stopKept(say: (line: string) => void): Promise<boolean> {
  const processes = await stopProcesses(say);
  rmSync(RUNNING, { force: true });
  rmSync(ENVIRONMENT, { force: true });
  const servers = await stopKeptServers(FOLDER);
  return processes + servers > 0;
}

/** The worker and the simulator, but not Temporal and MongoDB. Returns how many that were. */
export async function stopProcesses(say: (line: string) => void): Promise<number> {
  const { pids, port } = running();
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM');
      say(`Stopping process ${pid}`);
      for (let tries = 0; tries < 100; tries += 1) {
        process.kill(pid, 0);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      process.kill(pid, 'SIGKILL');
    } catch {
      // gone
    }
  }
  // Their numbers may be others' by the next time.
  if (pids.length > 0) writeFileSync(RUNNING, JSON.stringify({ pids: [], port }));
  return pids.length;
}
