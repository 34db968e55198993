import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { alertOfRun } from '../../src/alerts/announce.js';
import { waitAfter } from '../../src/alerts/deliver.js';
import { findOverdue, patienceFor } from '../../src/alerts/overdue.js';
import { payloadOf } from '../../src/alerts/post.js';
import { watchAlerts, type AlertWatchOptions } from '../../src/alerts/watch.js';
import { loadConfig } from '../../src/config.js';
import { applySchedule, changeSchedule } from '../../src/temporal/schedules/schedules.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { putAlert } from '../../src/store/collections/alerts.js';
import type { AlertDoc } from '../../src/store/documents/alerts.js';
import { eventually } from '../support/eventually.js';
import { serve, type HttpServer } from '../support/http-server.js';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

const sources = loadSources();
let simulator: LocalSimulator;
let pipeline: Pipeline;
let receiver: HttpServer;
/** What the receiver answers. */
let answer: (response: ServerResponse) => void;
const watching: { stop(): Promise<void> }[] = [];
let lines: string[];

const SECRET = 'xyzzy-secret-path';
const UI = 'http://ui.example.com:8233';
const folder = mkdtempSync(join(tmpdir(), 'rollcall-alerts-'));
/** A source with a mistake in it: nobody outside can mend that, so its run fails. */
const BROKEN = `
import { defineSource } from 'rollcall';
export default defineSource({
  name: 'broken', vendor: 'none', dataset: 'hosts', docs: 'https://example.com/', settings: {}, listing: 'full', mapping: 1,
  input: () => ({ pages() { throw new TypeError('a mistake'); }, *rows() {} }),
  map: () => ({}) as never,
});`;

beforeAll(async () => {
  writeFileSync(join(folder, 'broken.ts'), BROKEN);
  simulator = await localSimulator({ hosts: 20, seed: 5 });
  receiver = await serve((_request, response) => answer(response));
  pipeline = await openPipeline({
    ...simulator.environment,
    ROLLCALL_ALERT_WEBHOOK: `${receiver.url}/services/${SECRET}`,
    ROLLCALL_PATIENCE_SECONDS: '1',
    TEMPORAL_UI: UI,
    ROLLCALL_SOURCES: folder,
  });
});

afterAll(async () => {
  await pipeline?.close();
  await simulator?.stop();
  await receiver?.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  answer = (response) => response.end('ok');
  receiver.seen.splice(0);
  lines = [];
  await pipeline.store.alerts.deleteMany({});
  await pipeline.store.sources.updateMany({}, { $unset: { parked: true } });
  await simulator.setFaults();
});

afterEach(async () => {
  await Promise.all(watching.splice(0).map((one) => one.stop()));
});

/** What a worker does beside its work, at a pace for tests. */
function watch(changes: Partial<AlertWatchOptions> = {}): void {
  const { store, config, env } = pipeline;
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const pace = { deliver: 50, overdue: 3_600_000, retry: () => 100 };
  watching.push(watchAlerts({ store, config, sources, client: env.client, log, pace, ...changes }));
}

const bodies = () => receiver.seen.map(({ body }) => JSON.parse(body) as Record<string, string>);

const alertsWith = (filter: object) => pipeline.store.alerts.countDocuments(filter);

const until = (what: string, seen: () => boolean | Promise<boolean>): Promise<unknown> =>
  eventually(
    what,
    async () => (await seen()) || `the log: ${lines.join('')}`,
    (answer) => answer === true,
  );

const event = (id: string, more: Partial<AlertDoc> = {}) =>
  putAlert(pipeline.store, { _id: id, kind: 'run-failed', run: id, reason: 'it broke', at: new Date(), ...more });

test('a source that stops is told once, with reason, remedy and a link, although several workers look', async () => {
  for (let n = 0; n < 4; n += 1) watch();
  await simulator.setFaults({ on: 'qualys', kind: 'status', status: 401, times: 1_000 });
  const { run } = await pipeline.collect({ sources: ['qualys'], force: true });
  await until('the alert', () => receiver.seen.length > 0);
  await sleep(500);
  expect(bodies()).toEqual([
    {
      kind: 'source-parked',
      run,
      source: 'qualys',
      reason: expect.stringMatching(/ answered 401$/),
      remedy: expect.stringContaining('QUALYS_PASSWORD'),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      link: `${UI}/namespaces/default/workflows/${pipeline.config.temporal.taskQueue}-source-qualys`,
      text: expect.stringMatching(/^Rollcall: qualys is parked\n.* answered 401\n.*QUALYS_PASSWORD.*\nhttp:.*$/),
    },
  ]);
  expect(receiver.seen[0]).toMatchObject({ method: 'POST', path: `/services/${SECRET}` });
  expect(receiver.seen[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    'idempotency-key': expect.stringContaining('source-parked%2Fqualys%2F'),
  });
  await until('its mark', async () => (await alertsWith({ delivered_at: { $exists: true } })) === 1);
  expect(lines.join('')).toContain(receiver.host);
  expect(lines.join('')).not.toContain(SECRET);
});

test('a run that fails is told, with what its sources came to', async () => {
  watch();
  const { run, status } = await pipeline.collect({ sources: ['broken'], force: true });
  expect(status).toBe('failed');
  await until('the alert', () => receiver.seen.length > 0);
  expect(bodies()).toEqual([
    expect.objectContaining({
      kind: 'run-failed',
      run,
      source: 'broken',
      reason: expect.stringMatching(/^broken failed: TypeError in Rollcall itself/),
      link: `${UI}/namespaces/default/workflows/${pipeline.config.temporal.taskQueue}-collect-broken`,
    }),
  ]);
});

test('a partial run names what failed and not what did not; a complete one and a cancelled one are not told', async () => {
  watch();
  expect((await pipeline.collect({ sources: ['crowdstrike-demo'], force: true })).status).toBe('completed');
  const { status, run } = await pipeline.collect({ sources: ['broken', 'crowdstrike-demo'], force: true });
  expect(status).toBe('partial');
  await until('the alert', () => receiver.seen.length > 0);
  await sleep(300);
  expect(bodies()).toEqual([expect.objectContaining({ kind: 'run-partial', run, source: 'broken' })]);
  const ended = { run: 'r', workflowId: 'w', accounts: {} };
  expect(alertOfRun(pipeline.config, { ...ended, status: 'cancelled' })).toBeUndefined();
});

test('without a webhook nothing is kept, and runs are as before', async () => {
  const bare = await openPipeline({ ROLLCALL_SOURCES: folder });
  try {
    expect((await bare.collect({ sources: ['broken'], force: true })).status).toBe('failed');
    expect(await bare.store.alerts.countDocuments()).toBe(0);
  } finally {
    await bare.close();
  }
});

test('a receiver that is away gets it when it is back: refusals, time-outs of the net and waits are overcome', async () => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(500).end(),
    (response) => response.destroy(),
    (response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
    (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  ];
  let retryAt = 0;
  answer = (response) => {
    const next = answers.shift();
    if (answers.length === 0 && next) retryAt = Date.now() + 1_000;
    return next ? next(response) : response.end();
  };
  await event('run-failed/r1');
  watch();
  await until('the fifth try', () => receiver.seen.length === 5);
  expect(Date.now()).toBeGreaterThanOrEqual(retryAt - 50);
  expect(receiver.seen.every(({ path }) => path === `/services/${SECRET}`)).toBe(true);
  await until(
    'its mark',
    async () => (await pipeline.store.alerts.countDocuments({ next_at: { $exists: true } })) === 0,
  );
  const told = lines.map((line) => JSON.parse(line) as { msg: string; why?: string; attempts?: number });
  expect(told.map(({ msg, why }) => why ?? msg)).toEqual([
    'status 500',
    expect.any(String),
    'status 429',
    'Alert delivered',
  ]);
  expect(lines.join('')).not.toContain(SECRET);
});

test('a receiver that hangs holds up neither a run nor the end of a worker', async () => {
  answer = () => {};
  await event('run-failed/r2');
  watch();
  await until('the try', () => receiver.seen.length === 1);
  expect((await pipeline.collect({ sources: ['qualys'], force: true })).status).toBe('completed');
  // Ends although the receiver never answers.
  await watching.splice(0)[0]!.stop();
  // Given back at once: whoever comes next delivers it.
  answer = (response) => response.end();
  watch();
  await until(
    'its delivery',
    async () => (await pipeline.store.alerts.countDocuments({ delivered_at: { $exists: true } })) === 1,
  );
});

test('an alert that no receiver accepts for three days is dropped, and waits grow to a quarter of an hour', async () => {
  answer = (response) => response.writeHead(404).end();
  await event('run-failed/old', { at: new Date(Date.now() - 3 * 86_400_000) });
  watch();
  await until(
    'the end',
    async () => (await pipeline.store.alerts.countDocuments({ given_up_at: { $exists: true } })) === 1,
  );
  expect(receiver.seen).toHaveLength(1);
  expect(lines.join('')).toContain('Alert dropped');
  expect([1, 2, 3, 10].map(waitAfter)).toEqual([5_000, 15_000, 45_000, 900_000]);
});

test('a source that is parked is told each time that it parks, with what it needs', async () => {
  const at = new Date();
  const parked = {
    run: 'r3',
    at,
    kind: 'credentials-rejected',
    reason: 'GET host/path answered 401',
    remedy: 'Correct QUALYS_PASSWORD',
  };
  const { sources: known } = pipeline.store;
  await known.updateOne({ _id: 'qualys' }, { $set: { parked } });
  watch();
  watch();
  await until('the alert', () => receiver.seen.length > 0);
  await sleep(300);
  expect(bodies()).toEqual([
    expect.objectContaining({
      kind: 'source-parked',
      source: 'qualys',
      run: 'r3',
      reason: parked.reason,
      remedy: parked.remedy,
      at: at.toISOString(),
    }),
  ]);
  await known.updateOne({ _id: 'qualys' }, { $set: { parked: { ...parked, at: new Date() } } });
  await until('the second', () => receiver.seen.length === 2);
  await known.updateOne({ _id: 'qualys' }, { $unset: { parked: true } });
  // Its run has nothing to add.
  const account = { status: 'failed', reason: parked.reason, parked: true } as never;
  expect(
    alertOfRun(pipeline.config, { run: 'r3', status: 'failed', workflowId: 'w', accounts: { qualys: account } }),
  ).toBeUndefined();
});

test('a scheduled source that was not read whole in time is told once, and again only after it was', async () => {
  const { config, store, env } = pipeline;
  const scheduled = loadConfig({ ...config.environment, ROLLCALL_SCHEDULE_QUALYS: '0 * * * *' });
  await applySchedule(env.client, scheduled, sources.get('qualys'));
  try {
    const completeAt = (hours: number) =>
      store.sources.updateOne(
        { _id: 'qualys' },
        { $set: { last_complete: { run: 'r4', at: new Date(Date.now() - hours * 3_600_000), records: 1 } } },
      );
    const overdue = () => findOverdue({ client: env.client, store, config }, sources.all());
    await completeAt(1.9);
    expect(await overdue()).toEqual([]); // an hour, and an hour in which it is fresh
    await completeAt(3);
    expect(await overdue()).toEqual([expect.objectContaining({ source: 'qualys', never: false })]);
    const pace = { deliver: 50, overdue: 100 };
    for (let n = 0; n < 3; n += 1) watch({ pace });
    await until('the alert', () => receiver.seen.length > 0);
    await sleep(400);
    expect(bodies()).toEqual([
      expect.objectContaining({
        kind: 'run-overdue',
        source: 'qualys',
        reason: expect.stringMatching(
          /^qualys has had no complete run since .* UTC, and is due about every 6?\d minutes/,
        ),
        remedy: expect.stringContaining('npm run trigger -- qualys --force --wait'),
      }),
    ]);
    await completeAt(0);
    await sleep(200);
    await completeAt(5);
    await until('the next one', () => receiver.seen.length === 2);
    await changeSchedule(env.client, config, 'qualys', 'pause');
    expect(await overdue()).toEqual([]);
  } finally {
    await changeSchedule(env.client, config, 'qualys', 'delete');
  }
});

test('one that has a schedule and never ran is overdue, too; without a schedule nothing is', async () => {
  const { config, store, env } = pipeline;
  const find = (now: Date) => findOverdue({ client: env.client, store, config }, sources.all(), now);
  expect(await find(new Date(Date.now() + 30 * 86_400_000))).toEqual([]);
  await applySchedule(env.client, config, sources.get('events'));
  try {
    expect(await find(new Date())).toEqual([]);
    const later = await find(new Date(Date.now() + 2 * 86_400_000));
    expect(later).toEqual([expect.objectContaining({ source: 'events', never: true })]);
  } finally {
    await changeSchedule(env.client, config, 'events', 'delete');
  }
  const hour = 3_600_000;
  expect(patienceFor(24 * hour, hour)).toBeCloseTo(27.4 * hour);
  expect(patienceFor(hour / 4, hour)).toBe(hour);
});

test('what a receiver shows to people is plain: no control characters, no calls to everybody, no end', () => {
  const { text, reason } = payloadOf({
    _id: 'x',
    kind: 'run-failed',
    run: 'r5',
    reason: `<!channel> \u001b[2J <https://evil.example.com|click> ${'x'.repeat(5_000)}`,
    at: new Date(),
    attempts: 0,
  });
  expect(text).toContain('‹!channel›');
  expect(text).not.toContain('\u001b');
  expect(text!.length).toBeLessThanOrEqual(2_000);
  expect(reason).toContain('<!channel>');
});

test('a user and password in the URL become a header', async () => {
  const guarded = loadConfig({
    ...pipeline.config.environment,
    ROLLCALL_ALERT_WEBHOOK: receiver.url.replace('://', '://ann:p%40ss@'),
  });
  await event('run-failed/r6');
  watch({ config: { ...pipeline.config, alertWebhook: guarded.alertWebhook! } });
  await until('it', () => receiver.seen.length === 1);
  expect(receiver.seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
});
