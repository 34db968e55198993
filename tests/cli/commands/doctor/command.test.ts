import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { MongoClient } from 'mongodb';
import { openClient } from '../../../../src/client.js';
import { skewFinding } from '../../../../src/diagnostics/doctor/clock.js';
import { calendarOfCron, calendarOfTemporal, longestGap, type Described } from '../../../../src/model/cron.js';
import { roomFinding } from '../../../../src/diagnostics/doctor/disk.js';
import { judge } from '../../../../src/diagnostics/doctor/schedules.js';
import { versionFinding } from '../../../../src/diagnostics/doctor/tested.js';
import { loadConfig, type Config } from '../../../../src/config.js';
import { addKey, createKeyRing, openKeyRing, removeKey } from '../../../../src/privacy/key-ring.js';
import { applySchedule, changeSchedule, scheduleId } from '../../../../src/temporal/schedules/schedules.js';
import { loadSources } from '../../../../src/sources/loading/registry.js';
import { openStore, type Store } from '../../../../src/store/database.js';
import { eventually } from '../../../support/eventually.js';
import { describeWithPostgres, startPostgres, type TestPostgres } from '../../../support/postgres.js';
import { runProgram } from '../../../support/program.js';
import { dropStore } from '../../../support/store.js';

/**
 * Runs the compiled program on real servers. Each test breaks one thing, checks the finding and its fix, and repairs
 * it.
 */
const name = `d${randomUUID().slice(0, 8)}`;
const uri = process.env['ROLLCALL_TEST_MONGODB_URI']!;
let dir: string;
let store: Store;
let client: Client;
let config: Config;
let worker: Worker;
let connection: NativeConnection;
let running: Promise<void>;

interface DoctorReport {
  status: string;
  groups: { group: string; findings: { level: string; message: string; fix?: string }[] }[];
}

function environment(more: Record<string, string> = {}): Record<string, string> {
  return {
    MONGODB_URI: uri,
    MONGODB_DATABASE: name,
    TEMPORAL_ADDRESS: process.env['ROLLCALL_TEST_TEMPORAL_ADDRESS']!,
    TEMPORAL_TASK_QUEUE: name,
    QUALYS_DEMO_URL: 'http://127.0.0.1:9',
    QUALYS_DEMO_TOKEN: 'canary-3e',
    ...more,
  };
}

function run(args: string[] = [], more: Record<string, string> = {}) {
  return runProgram(['doctor', ...args], { cwd: dir, env: environment(more) });
}

/** The doctor's findings in one group, as `level message → fix`. */
async function found(group: string, more: Record<string, string> = {}, args: string[] = []) {
  const { code, out } = await run(['--json', '--timeout', '10', ...args], more);
  expect(out).not.toContain('canary');
  const report = JSON.parse(out) as DoctorReport;
  const findings = report.groups.find((one) => one.group === group)?.findings ?? [];
  const lines = findings.map(({ level, message, fix }) => `${level} ${message}${fix === undefined ? '' : ` → ${fix}`}`);
  return { code, status: report.status, lines, text: lines.join('\n') };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-doctor-'));
  store = await openStore({ uri, database: name, hostsCollection: 'hosts' });
  config = loadConfig(environment());
  client = await openClient(config.temporal);
  await applySchedule(client, config, loadSources().get('qualys-demo'));
  const at = new Date(Date.now() - 60_000);
  await store.sources.insertOne({
    _id: 'qualys-demo',
    vendor: 'qualys',
    last_checked: at,
    last_run: 'run-1',
    last_complete: { run: 'run-1', at, records: 7 },
  });
  connection = await NativeConnection.connect({ address: config.temporal.address });
  await startWorker();
});
afterAll(async () => {
  await stopWorker();
  await connection.close();
  await changeSchedule(client, config, 'qualys-demo', 'delete').catch(() => {});
  await client.connection.close();
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

async function startWorker(): Promise<void> {
  const codePath = process.env['ROLLCALL_TEST_WORKFLOW_BUNDLE']!;
  const activities = { nothing: () => Promise.resolve() };
  // The worker runs in this thread because it only polls for tasks.
  const options = { taskQueue: name, workflowBundle: { codePath }, activities, debugMode: true };
  worker = await Worker.create({ connection, ...options });
  running = worker.run();
}
async function stopWorker(): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await running;
}

test('when everything is well, the doctor reports each check as ok and exits with 0', async () => {
  const { code, out, err } = await run(['--timeout', '10']);
  expect({ code, err, problems: out.match(/^ +[!✗].*$/gm) }).toEqual({ code: 0, err: '', problems: null });
  expect(out).toMatch(/MongoDB\n {2}✓ MongoDB \d+\.\d+\.\d+, replica set rs0\n {2}✓ Its one member is up/);
  expect(out).toMatch(/Indexes\n {2}✓ All \d+ are there/);
  expect(out).toMatch(/Temporal\n {2}✓ Temporal \d+\.\d+/);
  expect(out).toMatch(/One worker polls task queue/);
  expect(out).toMatch(/qualys-demo: 0 4 \* \* \* UTC, next 20/);
  expect(out).toMatch(/qualys-demo completed \d+ min ago, 7 records/);
  expect(out).toMatch(/The same time as here/);
  expect(out).toMatch(/GiB free/);
  expect(out).toMatch(/All is well\n$/);
});

describe('MongoDB', () => {
  test('the doctor names a dropped index and does not create it', async () => {
    const index = (await store.pages.indexes()).find(({ key }) => 'fetched_at' in key)!;
    await store.pages.dropIndex(index.name!);
    const expected = /attention 1 of \d+ are missing: pages \{"source":1,"fetched_at":-1\} → .*npm start/;
    expect(await found('Indexes')).toMatchObject({
      code: 4,
      status: 'attention',
      text: expect.stringMatching(expected),
    });
    expect((await store.pages.indexes()).some(({ key }) => 'fetched_at' in key)).toBe(false);
    // A similar index does not replace it.
    await store.pages.createIndex({ fetched_at: -1, source: 1 });
    expect((await found('Indexes')).text).toMatch(expected);
    await store.pages.createIndexes([{ key: { source: 1, fetched_at: -1 } }]);
    expect((await found('Indexes')).text).toMatch(/^ok All/);
  });

  test('a wrong port skips only the checks that need that server', async () => {
    const { code, out } = await run([], { MONGODB_URI: 'mongodb://u:canary@127.0.0.1:1/?replicaSet=rs0' });
    expect(code).toBe(5);
    expect(out).toMatch(
      /✗ MongoDB at mongodb:\/\/127\.0\.0\.1:1\/ does not respond.*\n {6}→ Start it, or correct MONGODB_URI/,
    );
    expect(out).toMatch(
      /Not checked: Indexes, Disk of MongoDB, Clock of MongoDB, Collected, Merge, Keys of stored data/,
    );
    expect(out).toMatch(/✓ qualys-demo: 0 4 \* \* \* UTC/);
    expect(out).toMatch(/1 server does not respond/);
    expect(out).not.toContain('canary');
  });

  test('a server that accepts connections and never responds is reported within the timeout', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const { code, out } = await run(['--timeout', '2'], {
      MONGODB_URI: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    });
    expect(code).toBe(5);
    expect(out).toMatch(/✗ MongoDB/);
    silent.close();
  });

  test('a connection string that weakens writes, and a user who may only read, need attention', async () => {
    const weak = await found('MongoDB', { MONGODB_URI: `${uri}&w=1` });
    expect(weak).toMatchObject({
      code: 4,
      text: expect.stringMatching(/attention MONGODB_URI sets w=1.* → Remove it/),
    });
    const admin = new MongoClient(uri);
    await admin
      .db('admin')
      .command({ createUser: `reader-${name}`, pwd: 'canary-9', roles: [{ role: 'read', db: name }] });
    try {
      const as = uri.replace('//', `//reader-${name}:canary-9@`).replace('/?', '/?authSource=admin&');
      const { text } = await found('MongoDB', { MONGODB_URI: as });
      expect(text).toMatch(
        /attention User reader-\S+ may not insert, update, remove, createCollection, createIndex in/,
      );
      expect(text).toMatch(/db\.grantRolesToUser\('reader-/);
      await admin.db('admin').command({ grantRolesToUser: `reader-${name}`, roles: [{ role: 'readWrite', db: name }] });
      expect((await found('MongoDB', { MONGODB_URI: as })).text).toMatch(/ok User reader-\S+ may do all/);
    } finally {
      await admin.db('admin').command({ dropUser: `reader-${name}` });
      await admin.close();
    }
  });
});

describe('Temporal', () => {
  test('a wrong port, a missing namespace and missing search attributes are each reported with the command that fixes them', async () => {
    const away = await run([], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(away.code).toBe(5);
    expect(away.out).toMatch(/✗ Temporal at 127\.0\.0\.1:1 does not respond\n {6}→ Start it/);
    expect(away.out).toMatch(/Not checked: Clock of Temporal, Schedules/);
    expect(away.out).toMatch(/✓ All \d+ are there/);
    const missing = await found('Temporal', { TEMPORAL_NAMESPACE: 'nowhere' });
    expect(missing.text).toMatch(
      /attention There is no namespace nowhere → temporal operator namespace create .*-n nowhere/,
    );
    await client.workflowService.registerNamespace({
      namespace: name,
      workflowExecutionRetentionPeriod: { seconds: 3_600 as never },
    });
    // A new namespace takes a while to become available in Temporal.
    const bare = await eventually(
      'the findings about the namespace',
      async () => (await found('Temporal', { TEMPORAL_NAMESPACE: name })).text,
      (text) => /keeps ended runs/.test(text),
    );
    expect(bare).toMatch(
      /attention Namespace \S+ keeps ended runs for 1 h → temporal operator namespace update .*--retention 72h/,
    );
    expect(bare).toMatch(
      /attention Search attributes are not registered: .* → temporal operator search-attribute create .*--name RollcallSource --type Keyword/,
    );
  });

  test('a task queue without a worker is reported with the command that starts one', async () => {
    const { code, text } = await found('Temporal', { TEMPORAL_TASK_QUEUE: `${name}-empty` });
    expect(code).toBe(4);
    expect(text).toMatch(/attention No worker polls task queue \S+-empty → npm start/);
  });
});

describe('schedules', () => {
  test('the doctor reports a schedule that is paused, has other times, is in another time zone, or is missing', async () => {
    await changeSchedule(client, config, 'qualys-demo', 'pause');
    expect((await found('Schedules')).text).toMatch(
      /attention qualys-demo: its schedule is paused .*→ npm run schedule -- resume qualys-demo/,
    );
    await changeSchedule(client, config, 'qualys-demo', 'unpause');
    const cron = await found('Schedules', { ROLLCALL_SCHEDULE_QUALYS_DEMO: '15 5 * * 1-5' });
    expect(cron.text).toMatch(
      /attention qualys-demo: its schedule has other times; set is 15 5 \* \* 1-5 UTC → npm run schedule -- apply qualys-demo/,
    );
    expect(cron.code).toBe(4);
    const zone = await found('Schedules', { ROLLCALL_TIMEZONE: 'Europe/Vienna' });
    expect(zone.text).toMatch(/its schedule is in time zone UTC; set is 0 4 \* \* \* Europe\/Vienna/);
    await changeSchedule(client, config, 'qualys-demo', 'delete');
    expect((await found('Schedules')).text).toMatch(
      /attention qualys-demo has no schedule.* → npm run schedule -- apply qualys-demo/,
    );
    await applySchedule(client, config, loadSources().get('qualys-demo'));
    expect((await found('Schedules')).text).toMatch(/^ok/);
  });

  test('a schedule that did not start its run in time is overdue: the test judges a real schedule at later times', async () => {
    const handle = client.schedule.getHandle(scheduleId(config, 'qualys-demo'));
    const description = await handle.describe();
    const wanted = { cron: '0 4 * * *', timezone: 'UTC' };
    const after = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    expect(judge('a', wanted, description, after(24))).toMatchObject([{ level: 'ok' }]);
    expect(judge('a', wanted, description, after(25))).toMatchObject([
      { level: 'attention', message: 'a: its schedule is overdue, it never started a run' },
    ]);
    expect(judge('a', { ...wanted, cron: '0 2 * * 0' }, description, after(25))).toMatchObject([
      { message: expect.stringMatching(/has other times/) },
    ]);
  });

  test.each([
    '0 2 * * *',
    '*/15 8-18 * * 1-5',
    '0 0 1 * 1',
    '5 4 * JAN,MAR SUN',
    '0 2 * * 7',
    '0 2 */2 * *',
    '7,9 1-5/2 31 12 *',
  ])('Temporal stores %s as the same calendar as calendarOfCron', async (cron) => {
    const id = `${name}-${randomUUID()}`;
    const action = { type: 'startWorkflow', workflowType: 'x', taskQueue: name, args: [] } as const;
    const handle = await client.schedule.create({ scheduleId: id, spec: { cronExpressions: [cron] }, action });
    const { spec } = await handle.describe();
    await handle.delete();
    expect(calendarOfTemporal(spec.calendars![0] as unknown as Described)).toEqual(calendarOfCron(cron));
  });

  test('longestGap returns the longest time between two runs of a calendar', () => {
    const hours = (cron: string) => longestGap(calendarOfCron(cron)!) / 3_600_000;
    expect(['0 2 * * *', '*/15 * * * *', '0 2 * * 1', '0 8 * * 1-5', '0 0 1 * *'].map(hours)).toEqual([
      24, 0.25, 168, 72, 744,
    ]);
    expect(calendarOfCron('@daily')).toBeUndefined();
    expect(calendarOfCron('0 25 * * *')).toBeUndefined();
  });
});

describe('sources', () => {
  test('the doctor reports a source that is parked, failed, stale or not fully configured, and a file that is not a source', async () => {
    const set = (update: object) => store.sources.updateOne({ _id: 'qualys-demo' }, update);
    const parked = {
      run: 'r',
      at: new Date(),
      kind: 'credentials-rejected',
      reason: 'responded 401',
      remedy: 'Correct the token',
    };
    await set({ $set: { parked } });
    expect((await found('Collected')).text).toMatch(
      /attention qualys-demo is parked \(just now\): responded 401 → Correct the token; then npm run trigger/,
    );
    await set({ $unset: { parked: 1 } });
    const account = { status: 'partial', reason: 'cut short', remedy: 'Wait', started_at: new Date() };
    await store.runs.insertOne({ _id: 'run-1', sources: { 'qualys-demo': account } } as never);
    expect((await found('Collected')).text).toMatch(
      /attention qualys-demo ended partial \(\d+ min ago\): cut short → Wait/,
    );
    await store.runs.deleteOne({ _id: 'run-1' });
    await set({ $set: { 'last_complete.at': new Date(Date.now() - 3 * 86_400_000) } });
    expect((await found('Collected')).text).toMatch(
      /attention qualys-demo completed 3 days ago.* → npm run trigger -- qualys-demo --wait/,
    );
    // With a weekly schedule, three days are in time.
    expect((await found('Collected', { ROLLCALL_SCHEDULE_QUALYS_DEMO: '0 2 * * 1' })).text).toMatch(/^ok/);
    await set({ $set: { 'last_complete.at': new Date() } });

    mkdirSync(join(dir, 'own'));
    writeFileSync(join(dir, 'own', 'acme.js'), 'exports.default = { input() {}, map() {} };');
    const { text } = await found('Sources', { QUALYS_URL: 'https://q.test', ROLLCALL_SOURCES: 'own' });
    expect(text).toMatch(/attention own\/acme\.js is not a valid source/);
    expect(text).toMatch(/attention qualys: QUALYS_USERNAME is not set; QUALYS_PASSWORD is not set → Set it in \.env/);
    expect(text).toMatch(/ok qualys-demo is configured/);
  });

  test('--vendors sends requests to the vendors and reports their error responses', async () => {
    const { code, text } = await found('Vendors', {}, ['--vendors']);
    expect(code).toBe(4);
    expect(text).toMatch(/attention qualys-demo: .*\/api\/qualys\/hosts\/get .* → Check the URL/);
  });
});

describe('keys', () => {
  const queue = { LOGINS_SQS_URL: 'http://127.0.0.1:9/1/q' };

  test('the doctor reports a key ring that is missing, readable by others, malformed, or without a key that stored data needs', async () => {
    expect((await found('Key ring', queue)).text).toMatch(
      /attention There is none, and logins needs one → npm run rollcall -- mask new FILE/,
    );
    const ring = join(dir, 'keys.json');
    const withRing = { ...queue, ROLLCALL_KEY_RING: ring };
    expect((await found('Key ring', withRing)).text).toMatch(
      /attention Key ring .* cannot be read \(ENOENT\) → Correct ROLLCALL_KEY_RING/,
    );
    createKeyRing(ring);
    expect((await found('Key ring', withRing)).text).toMatch(/^ok one key, current k1 \(fingerprint [0-9a-f]{8}\)$/);
    chmodSync(ring, 0o644);
    expect((await found('Key ring', withRing)).text).toMatch(/can be read by its group or by others → chmod 600/);
    chmodSync(ring, 0o600);
    const broken = join(dir, 'broken.json');
    writeFileSync(broken, '{"canary"', { mode: 0o600 });
    expect((await found('Key ring', { ROLLCALL_KEY_RING: broken })).text).toMatch(
      /attention Key ring .* is not a key ring/,
    );

    await store.logins.insertOne({ _id: 'l:1', key: 'k1' } as never);
    expect((await found('Keys of stored data', withRing)).text).toMatch(/^ok All that is stored needs k1/);
    await addKey(ring);
    expect((await found('Keys of stored data', withRing)).text).toMatch(
      /still needs an older key: k1 → npm run rollcall -- mask rotate --no-new-key/,
    );
    await removeKey(ring, 'k1');
    expect(openKeyRing(ring).keys().current).toBe('k2');
    const lost = await found('Keys of stored data', withRing);
    expect(lost).toMatchObject({
      code: 4,
      text: expect.stringMatching(/Not in the ring, but needed by stored data: k1 → .*restore it/),
    });
    expect((await found('Keys of stored data')).text).toMatch(/k1 are needed, and there is no key ring/);
    await store.logins.deleteMany({});
  });
});

describe('folders, disk space, clocks and versions', () => {
  test('a folder that cannot be created is reported with its variable', async () => {
    writeFileSync(join(dir, 'file'), '');
    const { text, code } = await found('Folders', { ROLLCALL_LOG_DIR: 'file/logs' });
    expect(code).toBe(4);
    expect(text).toMatch(/attention logs in file\/logs cannot be written to → .*ROLLCALL_LOG_DIR/);
  });

  test('little disk space, a wrong clock and versions beyond those tested need attention', () => {
    const gib = 1024 ** 3;
    const room = (free: number, total: number) => roomFinding('data', free * gib, total * gib, 'Make room').level;
    expect([room(1, 4), room(5, 100), room(30, 1000), room(3, 10), room(500, 1000)]).toEqual([
      'attention',
      'attention',
      'ok',
      'ok',
      'ok',
    ]);
    expect(skewFinding(400)).toMatchObject({ level: 'ok', message: 'The same time as here' });
    expect(skewFinding(-90_000)).toMatchObject({ level: 'attention', message: 'Its clock is 90 s behind this one' });
    expect(versionFinding('MongoDB', '5.0.2')).toMatchObject({
      level: 'attention',
      message: 'MongoDB 5.0.2 is too old',
    });
    expect(versionFinding('Node', '20.18.0').level).toBe('attention');
    expect(versionFinding('Node', '24.1.0').level).toBe('ok');
    expect(versionFinding('MongoDB', '9.0.0').level).toBe('attention');
  });
});

describeWithPostgres('PostgreSQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.remove());

  test('the doctor reports a PostgreSQL that responds, rejects the password, denies writes to the table, or is down', async () => {
    const url = (more?: object) => ({ LOGINS_POSTGRES_URL: postgres.url(more) });
    expect((await found('PostgreSQL', url())).text).toMatch(
      /^ok PostgreSQL \d+\S*; the first logins make user_logins$/,
    );
    expect((await found('PostgreSQL', url({ password: 'wrong' }))).text).toMatch(
      /attention PostgreSQL at .* rejects the user or the password \(28P01\) → Correct/,
    );
    await postgres.query(`CREATE TABLE user_logins (x int); CREATE USER reader PASSWORD 'p'`);
    const reader = { LOGINS_POSTGRES_URL: `postgres://reader:p@127.0.0.1:${postgres.port}/postgres` };
    expect((await found('PostgreSQL', reader)).text).toMatch(/attention .* may not write to user_logins → GRANT/);
    await postgres.stop();
    expect(await found('PostgreSQL', url())).toMatchObject({
      code: 5,
      text: expect.stringMatching(/down PostgreSQL at .* does not respond/),
    });
  });
});
