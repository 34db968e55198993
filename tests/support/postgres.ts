import { spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { isExecutable, onPath } from '../../src/servers/programs/path.js';
import { accepts, onFreePort } from '../../src/servers/ports.js';
import { startProcess, type RunningServer } from '../../src/servers/process.js';

export const PASSWORD = 'canary-of-a-password';

/** A PostgreSQL server of one test file, with one empty database. */
export interface TestPostgres {
  port: number;
  /** The URL of that database, or of the given password and database. */
  url(other?: { password?: string; database?: string }): string;
  query<Row>(text: string): Promise<Row[]>;
  /** Stops the server and closes every connection. */
  stop(): Promise<void>;
  /** Starts the server again, with its data, on its port. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** `describe`, or `describe.skip` without PostgreSQL. Then it prints a line that states this. */
export function describeWithPostgres(title: string, tests: () => void): void {
  const bin = binaries();
  if (!bin)
    process.stderr.write(
      `Skipped: ${title}: no initdb and postgres in /usr/lib/postgresql or on PATH; install postgresql\n`,
    );
  (bin ? describe : describe.skip)(title, tests);
}

/** The folder of the server's programs: Debian keeps them off PATH, one folder a version. */
function binaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const folders = (() => {
    try {
      return readdirSync(root).sort((one, other) => Number(other) - Number(one));
    } catch {
      return [];
    }
  })().map((version) => join(root, version, 'bin'));
  folders.push(...onPath('postgres', process.env).map((path) => join(path, '..')));
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => isExecutable(join(folder, name))));
}

export async function startPostgres(): Promise<TestPostgres> {
  const bin = binaries()!;
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-postgres-'));
  const passwords = join(dir, 'password');
  writeFileSync(passwords, PASSWORD);
  const owner = nobody();
  if (owner) for (const path of [dir, passwords]) chownSync(path, owner.uid, owner.gid);
  const data = join(dir, 'data');
  const access = ['--username=rollcall', `--pwfile=${passwords}`, '--auth=scram-sha-256'];
  const init = ['-D', data, ...access, '--encoding=UTF8', '--locale=C', '--no-sync'];
  const { status, stderr } = spawnSync(join(bin, 'initdb'), init, { ...owner, cwd: dir, encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb: ${stderr}`);

  const serve = (port: number) => {
    const serverArgs = [
      '-D',
      data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'shared_buffers=16MB',
    ];
    serverArgs.push('-c', `unix_socket_directories=${dir}`);
    const postgres = join(bin, 'postgres');
    const as = owner ? ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups', postgres] : [];
    return startProcess({
      title: 'PostgreSQL',
      binary: owner ? 'setpriv' : postgres,
      args: [...as, ...serverArgs],
      ready: async (_pid, log) => log.includes('ready to accept connections') && accepts(port),
    });
  };
  let server: RunningServer | undefined;
  const port = await onFreePort(undefined, async (port) => {
    server = await serve(port);
    return port;
  });
  const url = ({ password = PASSWORD, database = 'postgres' } = {}) =>
    `postgres://rollcall:${password}@127.0.0.1:${port}/${database}`;
  const stop = async () => {
    // SIGINT is the "fast" shutdown. With SIGTERM the server would wait for its clients.
    if (server) process.kill(server.pid, 'SIGINT');
    await server?.stop();
    server = undefined;
  };
  return {
    port,
    url,
    stop,
    async query<Row>(text: string) {
      const client = new Client({ connectionString: url() });
      await client.connect();
      try {
        return (await client.query(text)).rows as Row[];
      } finally {
        await client.end();
      }
    },
    async start() {
      server = await serve(port);
    },
    async remove() {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The user `nobody` when this process runs as root: PostgreSQL refuses to run as root. */
function nobody(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string) => Number(spawnSync('id', [option, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
