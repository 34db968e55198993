import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from './compose-file.js';

export interface Container {
  /** Everything that the container has printed. */
  output(): string;
  /** Runs its healthcheck once. */
  checkHealth(): Promise<{ code: number | null; output: string }>;
  /**
   * Runs the healthcheck until the container is healthy. Throws with its output when it ends or is not healthy in time.
   */
  healthy(): Promise<void>;
  /** Stops it as `docker compose stop` does, with SIGTERM. Returns the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL if it still runs. */
  kill(): void;
}

export interface ContainerOptions {
  /** Replacements for values that differ from the container: addresses, ports, folders. */
  replace: [string, string][];
  /** The variables that its image sets. */
  environment: Record<string, string>;
  /** The entry point of the image, which precedes the command. */
  entrypoint?: string[];
  cwd: string;
}

/** Starts a service of the compose file as a process: with its command, its healthcheck and only its environment. */
export function startContainer(service: Service, options: ContainerOptions): Container {
  const here = (text: string) => options.replace.reduce((done, [from, to]) => done.replaceAll(from, to), text);
  const given = Object.entries(service.environment ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const environment = {
    // Compose runs without these variables, so each variable has its default.
    ...Object.fromEntries(given.map(([name, value]) => [name, here(value.replace(/\$\{\w+:-([^}]*)\}/g, '$1'))])),
    ...options.environment,
  };
  const start = (command: string[]) => {
    const [program, ...args] = command;
    const child = spawn(program!, args, { cwd: options.cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    child.once('error', (error) => (output += error.message));
    return { child, exited: once(child, 'close') as Promise<[number | null]>, output: () => output };
  };

  const main = start([...(options.entrypoint ?? []), ...service.command.map(here)]);
  const checkHealth = async () => {
    // Compose reads `$$` as `$`.
    const check = start(service.healthcheck.test.slice(1).map((text) => here(text.replaceAll('$$', '$'))));
    const [code] = await check.exited;
    return { code, output: check.output() };
  };
  return {
    output: main.output,
    checkHealth,
    async healthy() {
      let last = '';
      for (const until = Date.now() + 240_000; Date.now() < until && main.child.exitCode === null; await delay(100)) {
        const { code, output } = await checkHealth();
        if (code === 0) return;
        last = output;
      }
      throw new Error(`Not healthy: ${last}\n${main.output().slice(-2_000)}`);
    },
    async stop() {
      main.child.kill('SIGTERM');
      return (await main.exited)[0];
    },
    kill: () => void main.child.kill('SIGKILL'),
  };
}
