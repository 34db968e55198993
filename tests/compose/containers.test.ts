import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startMongod } from '../../src/servers/mongod.js';
import { startTemporal } from '../../src/servers/temporal.js';
import { compose } from './compose-file.js';
import { addresses, bin, dir, start } from './running.js';

/** `containers.soak.ts` starts MongoDB, the worker and the page as containers do. */
const { temporal, mongodb } = compose.services;

test('temporal is healthy when it serves, and stops cleanly', async () => {
  const container = await start(temporal, await addresses(), join(dir, 'temporal'), ['temporal']);
  await container.healthy();
  expect(await container.stop()).toBe(0);
  expect(existsSync(join(dir, 'temporal', 'temporal.db'))).toBe(true);
  expect((await container.checkHealth()).code).toBe(1);
});

/** The options of a command line by name, without addresses and paths: `--a b` and `--a=b` are the same. */
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

test('mongodb and temporal start with the options that the demo and all tests use', async () => {
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
