import { mkdir, mkdtemp, rm, symlink, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { freePort } from '../../src/servers/ports.js';
import { ROOT, type Service } from './compose-file.js';
import { startContainer, type Container } from './container.js';

/** The containers of the current test. */
const running: Container[] = [];
/** The folder for everything that the containers write. */
export let dir: string;
/** The folder of the programs in their images. */
export let bin: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rollcall-compose-'));
  bin = join(dir, 'bin');
  await mkdir(bin);
  for (const kind of ['temporal', 'mongod'] as const) {
    await symlink((await locateBinary(kind, { notify: () => {} })).path, join(bin, kind));
  }
  await symlink(process.execPath, join(bin, 'node'));
  await writeFile(join(bin, 'mongosh'), `#!/bin/sh\nexec node '${join(__dirname, 'mongosh.mjs')}' "$@"\n`);
  await chmod(join(bin, 'mongosh'), 0o755);
});

afterEach(() => {
  for (const container of running.splice(0)) container.kill();
});

afterAll(() => rm(dir, { recursive: true, force: true }));

export interface Addresses {
  temporal: number;
  ui: number;
  mongodb: number;
  metrics: number;
  page: number;
}

export async function addresses(): Promise<Addresses> {
  return {
    temporal: await freePort(),
    ui: await freePort(),
    mongodb: await freePort(),
    metrics: await freePort(),
    page: await freePort(),
  };
}

/** Starts a service with data and home below `folder`. */
export async function start(
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

/** Creates the folder of the image: its files of the repository, without `.env`. */
async function application(): Promise<string> {
  const app = await mkdtemp(join(dir, 'app-'));
  for (const name of ['dist', 'node_modules', 'package.json', 'scripts'])
    await symlink(join(ROOT, name), join(app, name));
  return app;
}
