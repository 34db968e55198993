import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { alertOfRun } from '../../src/alerts/store-alert.js';
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
/** The response of the receiver. */
let respond: (response: ServerResponse) => void;
const watching: { stop(): Promise<void> }[] = [];
let lines: string[];

const SECRET = 'xyzzy-secret-path';
const UI = 'http://ui.example.com:8233';
const folder = mkdtempSync(join(tmpdir(), 'rollcall-alerts-'));
/** A source with a defect. No user or vendor can correct it, so its run fails. */
const BROKEN = `
import { defineSource } from 'rollcall';
export default defineSource({
  name: 'broken', vendor: 'none', dataset: 'hosts', docs: 'https://example.com/', settings: {}, listing: 'full', mapping: 1,
  input: () => ({ pages() { throw new TypeError('a mistake'); } }),
  decode: () => [],
  map: () => ({}) as never,
});`;

beforeAll(async () => {
  writeFileSync(join(folder, 'broken.ts'), BROKEN);
  simulator = await localSimulator({ hosts: 20, seed: 5 });
  receiver = await serve((_request, response) => respond(response));
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
  respond = (response) => response.end('ok');
  receiver.seen.splice(0);
  lines = [];
  await pipeline.store.alerts.deleteMany({});
  await pipeline.store.sources.updateMany({}, { $unset: { parked: true } });
  await simulator.setFaults();
});

afterEach(async () => {
  await Promise.all(watching.splice(0).map((one) => one.stop()));
});

/** Starts the alert watch of a worker, with short intervals for tests. */
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
    (result) => result === true,
  );

const event = (id: string, more: Partial<AlertDoc> = {}) =>
  putAlert(pipeline.store, { _id: id, kind: 'run-failed', run: id, reason: 'it broke', at: new Date(), ...more });

test('a source that parks is reported once, with reason, remedy and a link, although several workers watch', async () => {
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
      reason: expect.stringMatching(/ responded 401$/),
      remedy: expect.stringContaining('QUALYS_PASSWORD'),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      link: `${UI}/namespaces/default/workflows/${pipeline.config.temporal.taskQueue}-source-qualys`,
      text: expect.stringMatching(/^Rollcall: qualys is parked\n.* responded 401\n.*QUALYS_PASSWORD.*\nhttp:.*$/),
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

test('a failed run is reported with the results of its sources', async () => {
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

test('the alert of a partial run names only what failed; complete and cancelled runs are not reported', async () => {
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

test('without a webhook no alert is stored, and runs work as before', async () => {
  const bare = await openPipeline({ ROLLCALL_SOURCES: folder });
  try {
    expect((await bare.collect({ sources: ['broken'], force: true })).status).toBe('failed');
    expect(await bare.store.alerts.countDocuments()).toBe(0);
  } finally {
    await bare.close();
  }
});

test('an unavailable receiver gets the alert when it is back: the worker retries after error responses, broken connections and waits', async () => {
  const responses: ((response: ServerResponse) => void)[] = [
    (response) => response.writeHead(500).end(),
    (response) => response.destroy(),
    (response) => response.writeHead(302, { location: `${receiver.url}/elsewhere` }).end(),
    (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
  ];
  let retryAt = 0;
  respond = (response) => {
    const next = responses.shift();
    if (responses.length === 0 && next) retryAt = Date.now() + 1_000;
    return next ? next(response) : response.end();
  };
  await event('run-failed/r1');
  watch();
  await until('the fifth attempt', () => receiver.seen.length === 5);
  expect(Date.now()).toBeGreaterThanOrEqual(retryAt - 50);
  expect(receiver.seen.every(({ path }) => path === `/services/${SECRET}`)).toBe(true);
  await until(
    'its mark',
    async () => (await pipeline.store.alerts.countDocuments({ next_at: { $exists: true } })) === 0,
  );
  const logged = lines.map((line) => JSON.parse(line) as { msg: string; why?: string; attempts?: number });
  expect(logged.map(({ msg, why }) => why ?? msg)).toEqual([
    'status 500',
    expect.any(String),
    'status 429',
    'Alert delivered',
  ]);
  expect(lines.join('')).not.toContain(SECRET);
});

test('a receiver that never responds delays neither a run nor the end of a worker', async () => {
  respond = () => {};
  await event('run-failed/r2');
  watch();
  await until('the attempt', () => receiver.seen.length === 1);
  expect((await pipeline.collect({ sources: ['qualys'], force: true })).status).toBe('completed');
  // The watch ends although the receiver never responds.
  await watching.splice(0)[0]!.stop();
  // The stopped worker releases the alert at once, and the next worker delivers it.
  respond = (response) => response.end();
  watch();
  await until(
    'its delivery',
    async () => (await pipeline.store.alerts.countDocuments({ delivered_at: { $exists: true } })) === 1,
  );
});

test('an alert that no receiver accepts for three days is dropped, and waits grow to a quarter of an hour', async () => {
  respond = (response) => response.writeHead(404).end();
  await event('run-failed/old', { at: new Date(Date.now() - 3 * 86_400_000) });
  watch();
  await until(
    'the dropped alert',
    async () => (await pipeline.store.alerts.countDocuments({ given_up_at: { $exists: true } })) === 1,
  );
  expect(receiver.seen).toHaveLength(1);
  expect(lines.join('')).toContain('Alert dropped');
  expect([1, 2, 3, 10].map(waitAfter)).toEqual([5_000, 15_000, 45_000, 900_000]);
});

test('a parked source is reported each time that it parks, with its remedy', async () => {
  const at = new Date();
  const parked = {
    run: 'r3',
    at,
    kind: 'credentials-rejected',
    reason: 'GET host/path responded 401',
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
  await until('the second alert', () => receiver.seen.length === 2);
  await known.updateOne({ _id: 'qualys' }, { $unset: { parked: true } });
  // The failed run of a parked source gives no further alert.
  const account = { status: 'failed', reason: parked.reason, parked: true } as never;
  expect(
    alertOfRun(pipeline.config, { run: 'r3', status: 'failed', workflowId: 'w', accounts: { qualys: account } }),
  ).toBeUndefined();
});

test('a scheduled source without a complete run in time is reported once, and again only after its next complete run', async () => {
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
    expect(await overdue()).toEqual([]); // one hour of the schedule, and one hour in which the source is fresh
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
    await until('the next alert', () => receiver.seen.length === 2);
    await changeSchedule(env.client, config, 'qualys', 'pause');
    expect(await overdue()).toEqual([]);
  } finally {
    await changeSchedule(env.client, config, 'qualys', 'delete');
  }
});

test('a source with a schedule that never ran is overdue too; without a schedule no source is overdue', async () => {
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

test('the text of an alert has no control characters, no mentions of a channel, and a limited length', () => {
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
  await until('the alert', () => receiver.seen.length === 1);
  expect(receiver.seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
});
