import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetChange, FleetChanged, SimulatorState } from './control.js';
import type { Credentials } from './credentials.js';
import { environmentOf } from './environment.js';
import type { Fault } from './faults/fault.js';
import { toFlags, withDefaults, type SimulatorOptions } from './options.js';

export interface SpawnedSimulator {
  url: string;
  regionUrl: string;
  credentials: Credentials;
  /** Environment variables with which the sources use this simulator. */
  environment: Record<string, string>;
  pid: number;
  /** Sends SIGTERM and waits until the simulator has ended. */
  stop: () => Promise<void>;
  /** Sends SIGKILL. */
  kill: () => Promise<void>;
  /** One call of the control plane: `control('POST', 'fleet', { touch: true })`. */
  control: <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<T>;
  state: () => Promise<SimulatorState>;
  changeFleet: (change: FleetChange) => Promise<FleetChanged>;
  /** Replaces the faults. Without arguments, it removes all faults. */
  setFaults: (...faults: Fault[]) => Promise<void>;
  /** Native ids of each machine. */
  truth: () => Promise<{ machine: number; qualys?: string; crowdstrike?: string }[]>;
}

export interface SpawnOptions extends SimulatorOptions {
  /** The simulator keeps running when this process ends. */
  detached?: boolean;
}

/** Returns the compiled entry point, also when this file itself runs as TypeScript. */
function entryPoint(): string {
  const compiled = [join(__dirname, 'main.js'), join(__dirname, '../dist/simulator/main.js')].find((path) =>
    existsSync(path),
  );
  if (!compiled) throw new Error('The simulator is not compiled: run npm run build');
  return compiled;
}

interface Ready {
  url: string;
  regionUrl: string;
  credentials: Credentials;
}

function ready(child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    let out = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      const end = out.indexOf('\n');
      if (end >= 0) resolve(JSON.parse(out.slice(0, end)) as Ready);
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(errors.trim() || `The simulator ended with code ${code}`)));
  });
}

/** Starts the simulator as a separate process and waits until it listens. Rejects with its output when it fails to start. */
export async function spawnSimulator({ detached = false, ...options }: SpawnOptions = {}): Promise<SpawnedSimulator> {
  const args = [entryPoint(), ...toFlags(options), ...(detached ? [] : ['--end-with-stdin'])];
  const child = spawn(process.execPath, args, { stdio: [detached ? 'ignore' : 'pipe', 'pipe', 'pipe'], detached });
  const place = await ready(child);
  // From here on this process discards the output, so that the pipes neither fill up nor keep this process running.
  for (const pipe of [child.stdout, child.stderr]) pipe?.removeAllListeners('data').resume();
  if (detached) {
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  }

  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${place.url}/_control/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`The simulator rejected ${method} ${path}: ${await response.text()}`);
    return response;
  };
  const control = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await call(method, path, body)).json() as Promise<T>;
  const { maxPage } = withDefaults(options);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  };
  return {
    ...place,
    environment: environmentOf({ ...place, demoPage: options.records === undefined ? maxPage : Math.min(maxPage, 2) }),
    pid: child.pid as number,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    control,
    state: () => control('GET', 'state'),
    changeFleet: (change) => control('POST', 'fleet', change),
    setFaults: async (...faults) => {
      await control('POST', 'faults', faults);
    },
    truth: async () => {
      const lines = (await (await call('GET', 'truth')).text()).trimEnd().split('\n');
      return lines
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { machine: number; qualys?: string; crowdstrike?: string });
    },
  };
}
