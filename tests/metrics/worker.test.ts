import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import { openClient, startRun } from '../../src/client.js';
import { locateBinary } from '../../src/servers/locate.js';
import { startMongod } from '../../src/servers/mongod.js';
import { freePort } from '../../src/servers/ports.js';
import { eventually } from '../support/eventually.js';
import { summaryOf } from '../support/pipeline.js';
import { parseMetrics, valueOf, type Sample } from './scrape.js';
import { spawnWorker, type SpawnedWorker } from './spawned-worker.js';

const SOURCES = ['qualys', 'crowdstrike'];

let simulator: SpawnedSimulator;
let worker: SpawnedWorker;
let text: string;
let samples: Sample[];
let summary: Awaited<ReturnType<typeof summaryOf>>;

beforeAll(async () => {
  simulator = await spawnSimulator({ hosts: 400, seed: 3 });
  worker = await spawnWorker({ ...simulator.environment, QUALYS_PAGE_SIZE: '100' });
  await simulator.setFaults({ on: 'qualys', kind: 'status', status: 500, at: 2, times: 1 });
  const client = await openClient(worker.config.temporal);
  const { handle } = await startRun(client, worker.config.temporal, { sources: SOURCES, force: true });
  summary = await summaryOf(handle.result());
  await client.connection.close();
  const response = await fetch(`${worker.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  text = await response.text();
  samples = parseMetrics(text);
});

afterAll(async () => {
  await worker?.stop();
  await simulator?.stop();
});

const get = async (path: string, options?: RequestInit) => {
  const response = await fetch(`${worker.url}${path}`, options);
  return { status: response.status, body: await response.text() };
};

test('what was counted is what the run came to', () => {
  expect(summary.status).toBe('completed');
  for (const source of SOURCES) {
    const account = summary.sources[source]!;
    expect(valueOf(samples, 'rollcall_fetched_pages_total', { source })).toBe(account.pages);
    expect(valueOf(samples, 'rollcall_fetched_rows_total', { source })).toBe(account.records);
    for (const outcome of ['new', 'changed', 'unchanged', 'quarantined'] as const)
      expect([source, outcome, valueOf(samples, 'rollcall_records_total', { source, outcome })]).toEqual([
        source,
        outcome,
        account[outcome],
      ]);
    expect(valueOf(samples, 'rollcall_source_runs_total', { source, status: 'complete' })).toBe(1);
    expect(valueOf(samples, 'rollcall_source_age_seconds', { source })).toBeLessThan(60);
  }
  expect(valueOf(samples, 'rollcall_hosts', { state: 'live' })).toBe(summary.hosts);
  const [created, removed] = ['created', 'removed'].map((outcome) =>
    valueOf(samples, 'rollcall_merged_hosts_total', { outcome }),
  );
  expect(created! - removed!).toBe(summary.hosts);
  expect(valueOf(samples, 'rollcall_merged_records_total')).toBe(
    SOURCES.reduce((sum, source) => sum + summary.sources[source]!.records, 0),
  );
  expect(valueOf(samples, 'rollcall_runs_total', { status: 'completed' })).toBe(1);
  expect(valueOf(samples, 'rollcall_runs_total', { status: 'failed' })).toBe(0);
  expect(valueOf(samples, 'rollcall_records_waiting')).toBe(0);
  expect(valueOf(samples, 'rollcall_mongodb_up')).toBe(1);
});

test('requests to vendors are timed by their status, failures counted by kind, and the limit left is told', () => {
  const count = (labels: Record<string, string>) =>
    valueOf(samples, 'rollcall_vendor_request_duration_seconds_count', labels);
  expect(count({ source: 'qualys', status: '2xx' })).toBe(summary.sources['qualys']!.pages);
  expect(count({ source: 'qualys', status: '5xx' })).toBe(1);
  expect(count({ source: 'crowdstrike', status: '2xx' })).toBe(2); // the token, and a page
  expect(valueOf(samples, 'rollcall_fetch_failures_total', { source: 'qualys', kind: 'vendor-error' })).toBe(1);
  expect(valueOf(samples, 'rollcall_vendor_rate_limit_remaining', { source: 'crowdstrike' })).toBeGreaterThan(0);
});

test("the page holds the process's own metrics and those of Temporal's SDK, each once", () => {
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds', 'temporal_num_pollers'])
    expect(samples.map((sample) => sample.name)).toContain(name);
  expect(valueOf(samples, 'rollcall_task_queue_backlog', { type: 'activity' })).toBe(0);
  const types = text.match(/^# TYPE \S+/gm)!;
  expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([]);
});

test('our names and labels are as Prometheus wants them, and labels have few values', () => {
  const ours = text
    .split('\n')
    .filter((line) => /^(?:# \w+ )?rollcall_/.test(line))
    .join('\n');
  expect(ours).not.toBe('');
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: `${ours}\n`, encoding: 'utf8' });
  if (promtool.error) process.stderr.write('promtool is not here: names are not linted\n');
  else expect([promtool.status, promtool.stdout, promtool.stderr]).toEqual([0, '', '']);
  for (const { name, labels } of samples.filter((sample) => sample.name.startsWith('rollcall_'))) {
    expect(name).toMatch(
      /_(?:total|seconds|bytes|bucket|sum|count|remaining|rows|waiting|aside|parked|overdue|up|hosts|backlog)$/,
    );
    for (const value of Object.values(labels)) expect(value.length).toBeLessThan(30);
  }
  expect(samples.filter(({ name }) => name.startsWith('rollcall_')).length).toBeLessThan(400);
});

test('/live and /ready answer, other paths and methods are refused', async () => {
  expect(await get('/live')).toEqual({ status: 200, body: '{"live":true}\n' });
  expect(await get('/ready?x=1')).toEqual({
    status: 200,
    body: '{"ready":true,"checks":{"mongodb":"ok","temporal":"ok","worker":"ok"}}\n',
  });
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
});

test('a run can be followed in the log: every line of it names run, workflow, activity and attempt', () => {
  const [day] = readdirSync(worker.logs);
  const lines = readFileSync(join(worker.logs, day!, 'rollcall.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofRun = lines.filter(({ activity }) => activity !== undefined);
  for (const line of ofRun)
    expect(line).toMatchObject({ run: summary.run, workflow: expect.any(String), attempt: expect.any(Number) });
  const said = ofRun.map(({ msg, source }) => [msg, source].filter(Boolean).join(' '));
  for (const source of SOURCES)
    expect(said).toEqual(expect.arrayContaining([`Stretch fetched ${source}`, `Pages normalized ${source}`]));
  expect(said).toEqual(expect.arrayContaining(['Records merged', 'Run ended']));
  const fetched = ofRun.filter(({ msg, source }) => msg === 'Stretch fetched' && source === 'qualys');
  expect(fetched.reduce((sum, { rows }) => sum + (rows as number), 0)).toBe(summary.sources['qualys']!.records);
  expect(ofRun.find(({ msg }) => msg === 'Run ended')).toMatchObject({ status: 'completed', hosts: summary.hosts });
});

test('whatever goes wrong with a vendor, no credential is in the log', async () => {
  await simulator.setFaults(
    { on: 'qualys', kind: 'html', times: 1_000 },
    { on: 'crowdstrike', kind: 'status', status: 401, times: 1_000 },
  );
  const client = await openClient(worker.config.temporal);
  const { handle } = await startRun(client, worker.config.temporal, { sources: SOURCES, force: true });
  expect((await summaryOf(handle.result())).status).toBe('failed');
  await client.connection.close();
  await simulator.setFaults();
  const [day] = readdirSync(worker.logs);
  const log = readFileSync(join(worker.logs, day!, 'rollcall.log'), 'utf8') + worker.said();
  expect(log).toMatch(/"kind":"response-mismatch"/);
  expect(log).toMatch(/"kind":"credentials-rejected"/);
  const { QUALYS_PASSWORD: password, QUALYS_USERNAME: user, CROWDSTRIKE_CLIENT_SECRET: secret } = simulator.environment;
  expect([password, secret].every((value) => value!.length > 5)).toBe(true);
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  for (const canary of [password!, secret!, basic, 'Bearer ey', 'authorization']) expect(log).not.toContain(canary);
});

test('a second worker at the same address says so and works all the same', async () => {
  const second = await spawnWorker({ ROLLCALL_METRICS_ADDRESS: worker.config.metricsAddress! }, worker);
  expect(second.said()).toContain('another process listens there');
  await second.stop();
  expect((await get('/ready')).status).toBe(200);
});

/** The container's health check, with the worker's own settings. */
const healthcheck = (environment: NodeJS.ProcessEnv) =>
  new Promise<{ code: number; err: string }>((resolve) => {
    const cwd = mkdtempSync(join(tmpdir(), 'rollcall-health-'));
    const script = join(__dirname, '../../scripts/healthcheck.mjs');
    execFile(process.execPath, [script], { cwd, env: environment }, (error, _out, err) => {
      rmSync(cwd, { recursive: true });
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, err });
    });
  });

test("the health check asks the worker, and Temporal where the worker's address is another's", async () => {
  const nowhere = { ...worker.environment, ROLLCALL_METRICS_ADDRESS: `127.0.0.1:${await freePort()}` };
  expect(await healthcheck(worker.environment)).toEqual({ code: 0, err: '' });
  expect(await healthcheck(nowhere)).toEqual({ code: 0, err: '' });
  const elsewhere = { ...nowhere, TEMPORAL_TASK_QUEUE: 'nobody' };
  expect(await healthcheck(elsewhere)).toMatchObject({ code: 1, err: expect.stringMatching(/No worker of .* polls/) });
  worker.kill('SIGSTOP');
  try {
    expect(await healthcheck(worker.environment)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not answer/),
    });
  } finally {
    worker.kill('SIGCONT');
  }
});

test('while MongoDB hangs, a worker is live, not ready, and says so in time', async () => {
  const { path: binary } = await locateBinary('mongod', { say: () => {} });
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-hanging-'));
  const mongod = await startMongod({ dbPath: dir, binary });
  let hanging: SpawnedWorker | undefined;
  try {
    hanging = await spawnWorker({ MONGODB_URI: mongod.uri });
    expect((await fetch(`${hanging.url}/ready`)).status).toBe(200);
    process.kill(mongod.pid, 'SIGSTOP');
    const { url } = hanging;
    // A signal takes a moment to stop all threads of a process.
    const ready = await eventually(
      'a worker that is not ready',
      async () => {
        const response = await fetch(`${url}/ready`);
        return [response.status, await response.json()];
      },
      ([status]) => status === 503,
    );
    expect(ready[1]).toEqual({ ready: false, checks: { mongodb: 'does not answer', temporal: 'ok', worker: 'ok' } });
    expect((await fetch(`${hanging.url}/live`)).status).toBe(200);
    const scraped = parseMetrics(await (await fetch(`${hanging.url}/metrics`)).text());
    expect(valueOf(scraped, 'rollcall_mongodb_up')).toBe(0);
    expect(valueOf(scraped, 'rollcall_hosts', { state: 'live' })).toBeUndefined();
    expect(valueOf(scraped, 'rollcall_records_waiting')).toBeUndefined();
    process.kill(mongod.pid, 'SIGCONT');
    await eventually(
      'a worker that is ready again',
      async () => (await fetch(`${url}/ready`)).status,
      (status) => status === 200,
    );
  } finally {
    process.kill(mongod.pid, 'SIGCONT');
    await hanging?.stop();
    await mongod.kill();
    rmSync(dir, { recursive: true, force: true });
  }
});
