import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClient, startRun } from '../../src/client.js';
import { freePort } from '../../src/servers/ports.js';
import { eventually } from '../support/eventually.js';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { summaryOf } from '../support/pipeline.js';
import { expressions, namesIn } from './expressions.js';
import { parseMetrics, valueOf, type Sample } from './scrape.js';
import { spawnWorker, type SpawnedWorker } from './spawned-worker.js';
import { startStalling, type Stalling } from './stalling.js';

const SOURCES = ['qualys', 'crowdstrike'];

let simulator: LocalSimulator;
let mongodb: Stalling;
let worker: SpawnedWorker;
let text: string;
let samples: Sample[];
let summary: Awaited<ReturnType<typeof summaryOf>>;

beforeAll(async () => {
  simulator = await localSimulator({ hosts: 60, seed: 3 });
  const { port } = new URL(process.env['ROLLCALL_TEST_MONGODB_URI']!.replace('mongodb:', 'http:'));
  mongodb = await startStalling(Number(port));
  worker = await spawnWorker({
    ...simulator.environment,
    MONGODB_URI: `mongodb://127.0.0.1:${mongodb.port}/?directConnection=true`,
    QUALYS_PAGE_SIZE: '20',
    ROLLCALL_PATIENCE_SECONDS: '1',
    ROLLCALL_RETRY_SECONDS: '0.2',
  });
  await simulator.setFaults(
    { on: 'qualys', kind: 'status', status: 500, at: 2, times: 1 },
    { on: 'crowdstrike', kind: 'status', status: 429, seconds: 1, at: 1, times: 1 },
  );
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
  await mongodb?.close();
  await simulator?.stop();
});

const get = async (path: string, options?: RequestInit) => {
  const response = await fetch(`${worker.url}${path}`, options);
  return { status: response.status, body: await response.text() };
};

test('the counters equal the outcome of the run', () => {
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

test('the worker measures requests to vendors by status, counts failures by kind, and reports the remaining rate limit', () => {
  const count = (labels: Record<string, string>) =>
    valueOf(samples, 'rollcall_vendor_request_duration_seconds_count', labels);
  expect(count({ source: 'qualys', status: '2xx' })).toBe(summary.sources['qualys']!.pages);
  expect(count({ source: 'qualys', status: '5xx' })).toBe(1);
  expect(count({ source: 'crowdstrike', status: '2xx' })).toBe(2); // the token, and a page
  expect(valueOf(samples, 'rollcall_fetch_failures_total', { source: 'qualys', kind: 'vendor-error' })).toBe(1);
  expect(valueOf(samples, 'rollcall_vendor_rate_limit_remaining', { source: 'crowdstrike' })).toBeGreaterThan(0);
});

test("the page contains the metrics of the process and of Temporal's SDK, each once", () => {
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds', 'temporal_num_pollers'])
    expect(samples.map((sample) => sample.name)).toContain(name);
  expect(valueOf(samples, 'rollcall_task_queue_backlog', { type: 'activity' })).toBe(0);
  const types = text.match(/^# TYPE \S+/gm)!;
  expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([]);
});

test('the names and labels of Rollcall follow the rules of Prometheus, and labels have few values', () => {
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

const labelsOf = () => {
  const known = new Map<string, Set<string>>();
  for (const { name, labels } of samples)
    known.set(name, new Set([...(known.get(name) ?? []), ...Object.keys(labels)]));
  return known;
};

/** Prometheus adds these labels to all samples, and the metric `up` for each target. */
const ADDED = ['job', 'instance'];

test('a worker exposes every metric that a rule or a panel names, with the labels that they use', () => {
  const known = labelsOf();
  const unknown = expressions.flatMap(([where, expr]) => {
    const { metrics, labels } = namesIn(expr);
    const shown = metrics.filter((name) => name !== 'up');
    const missing = shown.filter((name) => !known.has(name));
    const given = new Set([...ADDED, 'source', ...shown.flatMap((name) => [...(known.get(name) ?? [])])]);
    return [...missing, ...labels.filter((label) => !given.has(label))].map((name) => `${where}: ${name}`);
  });
  expect(unknown).toEqual([]);
});

test('a rule or a panel uses every metric of Rollcall, except three counters', () => {
  const used = new Set(expressions.flatMap(([, expr]) => namesIn(expr).metrics.map(family)));
  const ours = [...labelsOf().keys()].filter((name) => name.startsWith('rollcall_')).map(family);
  const unused = [...new Set(ours)].filter((name) => !used.has(name));
  expect(unused).toEqual([
    'rollcall_fetched_pages_total',
    'rollcall_fetched_rows_total',
    'rollcall_normalized_pages_total',
  ]);
});
const family = (name: string) => name.replace(/_(?:bucket|sum|count)$/, '');

test('/live and /ready respond, and other paths and methods are rejected', async () => {
  expect(await get('/live')).toEqual({ status: 200, body: '{"live":true}\n' });
  expect(await get('/ready?x=1')).toEqual({
    status: 200,
    body: '{"ready":true,"checks":{"mongodb":"ok","temporal":"ok","worker":"ok"}}\n',
  });
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
});

test('every log line of a run has its run, workflow, activity and attempt', () => {
  const [day] = readdirSync(worker.logs);
  const lines = readFileSync(join(worker.logs, day!, 'rollcall.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofRun = lines.filter(({ activity }) => activity !== undefined);
  for (const line of ofRun)
    expect(line).toMatchObject({ run: summary.run, workflow: expect.any(String), attempt: expect.any(Number) });
  const messages = ofRun.map(({ msg, source }) => [msg, source].filter(Boolean).join(' '));
  for (const source of SOURCES)
    expect(messages).toEqual(expect.arrayContaining([`Pages fetched ${source}`, `Pages normalized ${source}`]));
  expect(messages).toEqual(expect.arrayContaining(['Planned records merged', 'Run ended']));
  const fetched = ofRun.filter(({ msg, source }) => msg === 'Pages fetched' && source === 'qualys');
  expect(fetched.reduce((sum, { rows }) => sum + (rows as number), 0)).toBe(summary.sources['qualys']!.records);
  expect(ofRun.find(({ msg }) => msg === 'Run ended')).toMatchObject({ status: 'completed', hosts: summary.hosts });
});

test('no credential is in the log when a vendor responds with errors', async () => {
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
  const log = readFileSync(join(worker.logs, day!, 'rollcall.log'), 'utf8') + worker.stderr();
  expect(log).toMatch(/"kind":"response-mismatch"/);
  expect(log).toMatch(/"kind":"credentials-rejected"/);
  const { QUALYS_PASSWORD: password, QUALYS_USERNAME: user, CROWDSTRIKE_CLIENT_SECRET: secret } = simulator.environment;
  expect([password, secret].every((value) => value!.length > 5)).toBe(true);
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  for (const canary of [password!, secret!, basic, 'Bearer ey', 'authorization']) expect(log).not.toContain(canary);
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

test('the health check queries the worker, or Temporal if no worker listens at the address', async () => {
  const nowhere = { ...worker.environment, ROLLCALL_METRICS_ADDRESS: `127.0.0.1:${await freePort()}` };
  expect(await healthcheck(worker.environment)).toEqual({ code: 0, err: '' });
  expect(await healthcheck(nowhere)).toEqual({ code: 0, err: '' });
  const elsewhere = { ...nowhere, TEMPORAL_TASK_QUEUE: 'nobody' };
  expect(await healthcheck(elsewhere)).toMatchObject({ code: 1, err: expect.stringMatching(/No worker of .* polls/) });
  worker.kill('SIGSTOP');
  try {
    expect(await healthcheck(worker.environment)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not respond/),
    });
  } finally {
    worker.kill('SIGCONT');
  }
});

test('while MongoDB hangs, a worker is live but not ready, and responds in time', async () => {
  expect((await get('/ready')).status).toBe(200);
  mongodb.stall();
  try {
    const ready = await eventually(
      'a worker that is not ready',
      () => get('/ready'),
      ({ status }) => status === 503,
    );
    expect(JSON.parse(ready.body)).toEqual({
      ready: false,
      checks: { mongodb: 'does not respond', temporal: 'ok', worker: 'ok' },
    });
    expect((await get('/live')).status).toBe(200);
    // The worker caches results for a moment, so the old values stay for a while.
    const scraped = await eventually(
      'a scrape without MongoDB',
      async () => parseMetrics((await get('/metrics')).body),
      (shown) => valueOf(shown, 'rollcall_mongodb_up') === 0,
      200,
    );
    expect(valueOf(scraped, 'rollcall_hosts', { state: 'live' })).toBeUndefined();
    expect(valueOf(scraped, 'rollcall_records_waiting')).toBeUndefined();
  } finally {
    mongodb.goOn();
  }
  await eventually(
    'a worker that is ready again',
    () => get('/ready'),
    ({ status }) => status === 200,
  );
});
