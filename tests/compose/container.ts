import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from './compose-file.js';

export interface Container {
  /** Everything it has printed. */
  output(): string;
  /** What its healthcheck says now. */
  look(): Promise<{ code: number | null; output: string }>;
  /** Looks until it is healthy. Throws with its output when it ends or is not within 20 seconds. */
  healthy(): Promise<void>;
  /** As `docker compose stop`: SIGTERM; returns the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, when it still runs. */
  kill(): void;
}

export interface ContainerOptions {
  /** What is elsewhere here than in its container: addresses, ports, folders. */
  replace: [string, string][];
  /** What its image sets. */
  environment: Record<string, string>;
  /** Stands before the command, as the image's entry point. */
  entrypoint?: string[];
  cwd: string;
}

/** A service of the compose file as a process: its command, its environment and no other, its healthcheck. */
export function startContainer(service: Service, options: ContainerOptions): Container {
  const here = (text: string) => options.replace.reduce((done, [from, to]) => done.replaceAll(from, to), text);
  const given = Object.entries(service.environment ?? {}).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const environment = {
    // Nothing is set where Compose runs: a variable is its default.
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
  const look = async () => {
    // Compose reads $$ as $.
    const check = start(service.healthcheck.test.slice(1).map((text) => here(text.replaceAll('$$', '$'))));
    const [code] = await check.exited;
    return { code, output: check.output() };
  };
  return {
    output: main.output,
    look,
    async healthy() {
      let last = '';
      for (const until = Date.now() + 240_000; Date.now() < until && main.child.exitCode === null; await delay(100)) {
        const { code, output } = await look();
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
