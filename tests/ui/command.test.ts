import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { ask } from './stand.js';
import { PROGRAM, type Ran, runProgram, spawnProgram } from '../support/program.js';

/** Runs `rollcall ui` as a user does: the compiled program on a real mongod. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-ui-'));
const database = `u${randomUUID().slice(0, 8)}`;
const uri = process.env['ROLLCALL_TEST_MONGODB_URI']!;
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const environment = (more: Record<string, string> = {}) => ({
  MONGODB_URI: uri,
  MONGODB_DATABASE: database,
  ...more,
});

function run(args: string[], more: Record<string, string> = {}): Promise<Ran> {
  return runProgram(['ui', ...args], { cwd: dir, env: environment(more) });
}

/** This process waits for an unreachable server while the other tests run. */
let withoutMongodb: Promise<Ran>;
beforeAll(() => {
  withoutMongodb = spawnProgram(['ui'], { cwd: dir, env: environment({ MONGODB_URI: 'mongodb://127.0.0.1:1/' }) });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the command prints its address, serves the page, and ends cleanly on %s',
  async (signal) => {
    const child = spawn(process.execPath, [PROGRAM, 'ui', '--address', '127.0.0.1:0'], {
      cwd: dir,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit') as Promise<[number | null]>;
    try {
      const [first] = (await once(child.stdout, 'data')) as [Buffer];
      expect(first.toString()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
      const url = first.toString().trim();
      expect((await ask(url, '/ready')).status).toBe(200);
      expect((await ask(url, '/')).text).toContain('There are no hosts yet');
      // The build contains the script and the style.
      for (const name of ['search.js', 'style.css', 'icon.svg'])
        expect((await ask(url, `/assets/${name}`)).status).toBe(200);
      child.kill(signal);
      expect((await exited)[0]).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
    const client = await MongoClient.connect(uri);
    try {
      const db = client.db(database);
      // The command creates only the indexes of hosts that the search needs.
      expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(['hosts']);
      expect(await db.collection('hosts').countDocuments()).toBe(0);
      await db.dropDatabase();
    } finally {
      await client.close();
    }
  },
);

test('an address that other machines can reach is rejected without a token, before the command opens anything', async () => {
  const { code, out, err } = await run(['--address', '0.0.0.0:0'], { MONGODB_URI: 'mongodb://127.0.0.1:1/' });
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^Other machines can reach 0\.0\.0\.0:0, and no token is set\nSet ROLLCALL_UI_TOKEN/);
});

test('a short token and a port in use are reported', async () => {
  expect(await run([], { ROLLCALL_UI_TOKEN: 'short' })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/ROLLCALL_UI_TOKEN: must have 16 characters or more/),
  });
  const taken = new URL(uri.replace('mongodb:', 'http:')).host;
  expect(await run(['--address', taken])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/cannot be served at .*: something else listens there\nChoose another/),
  });
});

test('an unreachable MongoDB is reported', async () => {
  const { code, err } = await withoutMongodb;
  expect([code, err]).toEqual([5, expect.stringMatching(/MongoDB at .* does not respond/)]);
});
