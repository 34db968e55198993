import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { ask } from './stand.js';
import { PROGRAM, type Ran, runProgram, spawnProgram } from '../support/program.js';

/** `rollcall ui` as a user runs it: the compiled program, a real mongod. */
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

/** Waits for a server that is not there, while the others are tried. */
let withoutMongodb: Promise<Ran>;
beforeAll(() => {
  withoutMongodb = spawnProgram(['ui'], { cwd: dir, env: environment({ MONGODB_URI: 'mongodb://127.0.0.1:1/' }) });
});

test.each(['SIGINT', 'SIGTERM'] as const)('it prints its address, serves, and %s ends it cleanly', async (signal) => {
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
    // Script and style come with what is built.
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
    // Nothing is made but the indexes of hosts that looking needs.
    expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(['hosts']);
    expect(await db.collection('hosts').countDocuments()).toBe(0);
    await db.dropDatabase();
  } finally {
    await client.close();
  }
});

test('an address that others reach is refused without a token, before anything is opened', async () => {
  const { code, out, err } = await run(['--address', '0.0.0.0:0'], { MONGODB_URI: 'mongodb://127.0.0.1:1/' });
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^Others can reach 0\.0\.0\.0:0, and there is no token to keep them out\nSet ROLLCALL_UI_TOKEN/);
});

test('a short token, and a port that is taken, are told', async () => {
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

test('MongoDB that is not there is told', async () => {
  const { code, err } = await withoutMongodb;
  expect([code, err]).toEqual([5, expect.stringMatching(/MongoDB at .* does not answer/)]);
});
