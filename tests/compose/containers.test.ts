import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { locateBinary } from '../../src/servers/locate.js';
import { startMongod } from '../../src/servers/mongod.js';
import { freePort } from '../../src/servers/ports.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { compose, ROOT, type Service } from './compose-file.js';
import { startContainer, type Container } from './container.js';

const { temporal, mongodb, worker, ui } = compose.services;
const built = existsSync(join(ROOT, 'dist/src/worker.js'));
if (!built) process.stderr.write('The worker of docker-compose.yml is not tried: there is no build (npm run build)\n');

/** Containers of the test at hand. */
const running: Container[] = [];
let dir: string;
let bin: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-compose-'));
  bin = join(dir, 'bin');
  await mkdir(bin);
  for (const kind of ['temporal', 'mongod'] as const) {
    await symlink((await locateBinary(kind, { say: () => {} })).path, join(bin, kind));
  }
  await symlink(process.execPath, join(bin, 'node'));
  await writeFile(join(bin, 'mongosh'), `#!/bin/sh\nexec node '${join(__dirname, 'mongosh.mjs')}' "$@"\n`);
  await chmod(join(bin, 'mongosh'), 0o755);
});

afterEach(() => {
  for (const container of running.splice(0)) container.kill();
});

afterAll(() => rm(dir, { recursive: true, force: true }));

interface Addresses {
  temporal: number;
  ui: number;
  mongodb: number;
  metrics: number;
  page: number;
}

async function addresses(): Promise<Addresses> {
  return {
    temporal: await freePort(),
    ui: await freePort(),
    mongodb: await freePort(),
    metrics: await freePort(),
    page: await freePort(),
  };
}

/** Starts a service with data and home below `folder`. */
async function start(
  service: Service,
  ports: Addresses,
  folder: string,
  entrypoint?: string[],
  given: Record<string, string> = {},
): Promise<Container> {
  const home = await mkdtemp(join(dir, 'home-'));
  await mkdir(folder, { recursive: true });
  const container = startContainer(service, {
    replace: [
      ['mongodb:27017', '127.0.0.1:27017'],
      ['temporal:7233', '127.0.0.1:7233'],
      ['--bind_ip_all', '--bind_ip=127.0.0.1'],
      ['--ip=0.0.0.0', '--ip=127.0.0.1'],
      ['27017', String(ports.mongodb)],
      ['7233', String(ports.temporal)],
      ['8233', String(ports.ui)],
      ['0.0.0.0:9464', `127.0.0.1:${ports.metrics}`],
      ['8300', String(ports.page)],
      ...['/data/db', '/home/temporal', '/var/log/rollcall'].map((path): [string, string] => [path, folder]),
    ],
    environment: { PATH: `${bin}:/usr/bin:/bin`, HOME: home, ...given },
    ...(entrypoint ? { entrypoint } : {}),
    cwd: service.build ? await application() : folder,
  });
  running.push(container);
  return container;
}

/** The image's folder: what it holds of the repository, and no `.env`. */
async function application(): Promise<string> {
  const app = await mkdtemp(join(dir, 'app-'));
  for (const name of ['dist', 'node_modules', 'package.json', 'scripts'])
    await symlink(join(ROOT, name), join(app, name));
  return app;
}

test('mongodb makes itself a replica set once, stops cleanly, and has its data when it is back', async () => {
  const ports = await addresses();
  const data = join(dir, 'mongodb');
  const client = new MongoClient(`mongodb://127.0.0.1:${ports.mongodb}/?replicaSet=rs0`, {
    serverSelectionTimeoutMS: 5_000,
  });
  const kept = client.db('compose').collection('kept');
  try {
    const first = await start(mongodb, ports, data);
    await first.healthy();
    expect(await first.look()).toEqual({ code: 0, output: '' }); // without mongosh now
    await kept.insertOne({ held: true }, { writeConcern: { w: 'majority', journal: true } });
    expect(await first.stop()).toBe(0);
    expect((await first.look()).code).toBe(1);

    const second = await start(mongodb, ports, data);
    await second.healthy();
    expect(await kept.countDocuments()).toBe(1);
    expect(await second.stop()).toBe(0);
  } finally {
    await client.close();
  }
});

test('temporal is healthy when it serves, and stops cleanly', async () => {
  const container = await start(temporal, await addresses(), join(dir, 'temporal'), ['temporal']);
  await container.healthy();
  expect(await container.stop()).toBe(0);
  expect(existsSync(join(dir, 'temporal', 'temporal.db'))).toBe(true);
  expect((await container.look()).code).toBe(1);
});

(built ? test : test.skip)(
  'the worker is healthy when it takes work from the two, and stops cleanly',
  async () => {
    const ports = await addresses();
    const servers = [
      await start(mongodb, ports, join(dir, 'mongodb-of-worker')),
      await start(temporal, ports, join(dir, 'temporal-of-worker'), ['temporal']),
    ];
    await Promise.all(servers.map((server) => server.healthy()));
    const logs = join(dir, 'logs');
    const container = await start(worker, ports, logs);
    expect((await container.look()).output).toMatch(
      /No worker of .* polls task queue rollcall|The worker is not ready/,
    );
    await container.healthy();
    expect(container.output()).toContain('Worker is ready');
    expect(existsSync(join(logs, new Date().toISOString().slice(0, 10), 'rollcall.log'))).toBe(true);
    expect(await container.stop()).toBe(0);
    expect(container.output()).toContain('Worker has stopped');
  },
  60_000,
);

(built ? test : test.skip)(
  'the page is healthy with MongoDB alone, asks for its token, and does not start without one',
  async () => {
    const ports = await addresses();
    await (await start(mongodb, ports, join(dir, 'mongodb-of-page'))).healthy();
    const refused = await start(ui, ports, join(dir, 'page'));
    await expect(refused.healthy()).rejects.toThrow(/no token to keep them out\nSet ROLLCALL_UI_TOKEN/);

    const token = 'correct-horse-battery-staple';
    const container = await start(ui, ports, join(dir, 'page'), undefined, { ROLLCALL_UI_TOKEN: token });
    await container.healthy();
    const ask = (headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${ports.page}/api/hosts`, { headers }).then(({ status }) => status);
    expect(await ask()).toBe(401);
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(200);
    expect(container.output()).not.toContain(token);
    expect(await container.stop()).toBe(0);
  },
  60_000,
);

/** Options of a command line by name, without those that say where: `--a b` and `--a=b` are the same. */
function options(args: string[]): string[] {
  const joined = args.reduce<string[]>((done, arg) => {
    const last = done.at(-1);
    if (!arg.startsWith('--') && last?.startsWith('--') && !last.includes('='))
      done[done.length - 1] = `${last}=${arg}`;
    else done.push(arg);
    return done;
  }, []);
  const where = /^--(?:bind_ip|bind_ip_all|dbpath|port|ip|ui-port|db-filename)(?:=|$)/;
  return joined.filter((arg) => !where.test(arg)).sort();
}

/** The command line of a process, without its program. */
function commandLine(pid: number): string[] {
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim().split(' ').slice(1);
}

test('mongodb and temporal start with the options that the demo and all tests run with', async () => {
  const mongod = await startMongod({ binary: join(bin, 'mongod'), dbPath: join(dir, 'mongod') });
  const ps = commandLine(mongod.pid);
  await mongod.kill();
  expect(ps.length).toBeGreaterThan(5);
  expect(options(mongodb.command.slice(1))).toEqual(options(ps));

  const server = await startTemporal({ binary: join(bin, 'temporal'), dbFile: join(dir, 'started.db') });
  const args = commandLine(server.pid);
  await server.kill();
  expect(args.length).toBeGreaterThan(5);
  expect(options(temporal.command)).toEqual(options(args));
});
