import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/store/database.js';
import { record } from '../host/records.js';
import { putHosts } from '../export/inventory.js';
import { PROGRAM, type Ran, runProgram } from '../support/program.js';
import { freshStore } from '../support/store.js';

/** Runs export, backup, restore and prune as a user does: the compiled program on a real mongod. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-keeping-'));
const HOSTS = 200;
let store: Store;
let other: Store;

const environment = (database: string) => ({
  MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI'],
  MONGODB_DATABASE: database,
});

function run(args: string[], database = store.db.databaseName): Promise<Ran> {
  return runProgram([...args], { cwd: dir, env: environment(database) });
}

beforeAll(async () => {
  [store, other] = await Promise.all([freshStore(), freshStore()]);
  await putHosts(store, [record('qualys:n0', { hostname: 'host-0' })]);
  // The hosts exceed the buffer of a pipe, so the export notices a reader that stops reading.
  const host = (await store.hosts.findOne())!;
  const copy = (_: unknown, n: number) => ({ ...host, _id: `${host._id}${n}`, tags: ['long '.repeat(400)] });
  await store.hosts.insertMany(Array.from({ length: HOSTS - 1 }, copy));
});
afterAll(async () => {
  for (const each of [store, other]) {
    await each.db.dropDatabase();
    await each.close();
  }
  rmSync(dir, { recursive: true, force: true });
});

test('export writes only the data to standard output, or to a file that appears when it is complete', async () => {
  const { code, out, err } = await run(['export', '--format', 'csv']);
  expect({ code, err }).toEqual({ code: 0, err: `${HOSTS} hosts\n` });
  expect(out.trimEnd().split('\n')).toHaveLength(HOSTS + 1);
  expect((await run(['export', '--format', 'csv', '--out', 'hosts.csv'])).err).toBe(`${HOSTS} hosts in hosts.csv\n`);
  expect(readFileSync(join(dir, 'hosts.csv'), 'utf8')).toBe(out);
  expect(existsSync(join(dir, 'hosts.csv.partial'))).toBe(false);
  expect((await run(['export', '--source', 'nobody'])).out).toBe('');
  expect(await run(['export', '--out', 'no/such/folder'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('ENOENT'),
  });
  expect((await run(['export', '--format', 'xml'])).code).toBe(2);
  expect((await run(['export', '--since', 'yesterday'])).code).toBe(2);
});

test('an export ends with exit code 0 and without an error message when its reader stops reading', async () => {
  const child = spawn(process.execPath, [PROGRAM, 'export'], { cwd: dir, env: environment(store.db.databaseName) });
  let err = '';
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  expect(err).toBe('');
});

test('restore fills an empty database, and replaces a full one only with --replace', async () => {
  const made = await run(['backup', 'b1', '--json']);
  expect(made.code).toBe(0);
  expect(JSON.parse(made.out)).toMatchObject({ format: 1, hosts_collection: 'hosts' });
  expect((await run(['backup', 'b1'])).code).toBe(2);
  expect(await run(['restore', 'b1'], other.db.databaseName)).toMatchObject({
    code: 0,
    out: expect.stringContaining('npm run verify'),
  });
  expect(await other.hosts.countDocuments()).toBe(HOSTS);
  await other.hosts.deleteMany({});
  expect(await run(['restore', 'b1'], other.db.databaseName)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is not empty'),
  });
  expect((await run(['restore', 'b1', '--replace'], other.db.databaseName)).err).toContain(
    'no terminal to ask for confirmation',
  );
  expect((await run(['restore', 'b1', '--replace', '--yes'], other.db.databaseName)).code).toBe(0);
  expect(await other.hosts.countDocuments()).toBe(HOSTS);
  expect((await other.hosts.indexes()).length).toBe((await store.hosts.indexes()).length);
  expect((await run(['restore', 'nothing-here'])).err).toContain('holds no backup');
});

test('prune --dry-run prints what it would remove, and prune takes its days from the settings', async () => {
  const { code, out } = await run(['prune', '--dry-run', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ keepDays: 90, dryRun: true, pages: 0 });
  expect((await run(['prune', '--days', '7'])).out).toContain('older than 7 days');
  expect((await run(['prune', '--days', '0'])).code).toBe(2);
});
