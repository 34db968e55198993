import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault } from '../../simulator/faults/fault.js';
import { environmentOf } from '../../simulator/environment.js';
import { startSimulator } from '../../simulator/server.js';
import { spawnSimulator, type SpawnedSimulator } from '../../simulator/spawn.js';
import { DEFAULT_LIMITS } from '../../src/connectors/http/exchange.js';
import { progressQuery } from '../../src/model/messages.js';
import { eventually } from '../support/eventually.js';
import { openPipeline, summaryOf, type Pipeline } from '../support/pipeline.js';

let simulator: SpawnedSimulator;
let pipeline: Pipeline;

beforeAll(async () => {
  jest.replaceProperty(DEFAULT_LIMITS, 'headersMs', 4_000);
  simulator = await spawnSimulator({ hosts: 60, seed: 5 });
  pipeline = await openPipeline({
    ...simulator.environment,
    QUALYS_DEMO_PAGE_SIZE: '10',
    CROWDSTRIKE_DEMO_PAGE_SIZE: '10',
    QUALYS_PAGE_SIZE: '10',
    // One request at a time, so that the page that a fault is meant for is the one that fails.
    QUALYS_DEMO_CONCURRENCY: '1',
    ROLLCALL_STRETCH_RECORDS: '20',
    ROLLCALL_MAX_RECORDS: '150',
  });
});
afterAll(async () => {
  jest.restoreAllMocks();
  await pipeline?.close();
  await simulator?.stop();
});
beforeEach(async () => {
  await simulator.setFaults();
  await simulator.control('DELETE', 'state');
});
afterEach(async () => {
  for (const source of [...DEMOS, 'qualys', 'crowdstrike'])
    await workflow(source)
      .terminate()
      .catch(() => {});
  await pipeline.empty();
});

const workflow = (source: string) =>
  pipeline.env.client.workflow.getHandle(`${pipeline.config.temporal.taskQueue}-source-${source}`);

const DEMOS = ['qualys-demo', 'crowdstrike-demo'];

test('a source that fails leaves the others alone: the run is partial, what came is kept, and nothing is retired', async () => {
  expect((await pipeline.collect({ sources: DEMOS, force: true })).status).toBe('completed');
  await simulator.setFaults({ kind: 'outage', on: 'qualys-demo', at: 3, times: 1_000 });
  const summary = await pipeline.collect({ sources: DEMOS, force: true });
  expect(summary.status).toBe('partial');
  expect(summary.sources['crowdstrike-demo']!.status).toBe('complete');
  expect(summary.sources['qualys-demo']).toMatchObject({ status: 'partial', gone: 0, records: 20 });
  expect(summary.sources['qualys-demo']!.reason).toMatch(/500/);
  expect(await pipeline.store.records.countDocuments({ gone_at: { $exists: true } })).toBe(0);
  await simulator.setFaults();
  expect((await pipeline.collect({ sources: DEMOS, force: true })).status).toBe('completed');
});

const RECOVERED: Fault[] = [
  { kind: 'status', status: 500, at: 2 },
  { kind: 'status', status: 502, at: 4 },
  { kind: 'status', status: 429, seconds: 1, at: 6 },
  { kind: 'cut', at: 8 },
  { kind: 'reset', at: 10 },
  { kind: 'duplicate-page', at: 11 },
];

test('a 500, an HTML 502, a limit, a body that is cut, a reset and a page served twice are overcome in one listing: no record is lost or doubled', async () => {
  await simulator.setFaults(...RECOVERED.map((fault) => ({ on: 'qualys-demo' as const, times: 1, ...fault })));
  const summary = await pipeline.collect({ sources: ['qualys-demo'], force: true });
  const { records, requests } = await simulator.state();
  expect(requests).toBeGreaterThanOrEqual(12);
  expect(summary.sources['qualys-demo']).toMatchObject({
    status: 'complete',
    records: records.qualys,
    new: records.qualys,
  });
});

const ENDED: [string, string, Fault, RegExp][] = [
  ['a last page that comes for ever', 'qualys', { kind: 'repeat-last' }, /not greater/i],
  ['a listing without an end', 'qualys-demo', { kind: 'endless' }, /ROLLCALL_MAX_RECORDS/],
  ['an answer that is a login page', 'qualys-demo', { kind: 'html', at: 3, times: 100 }, /HTML|JSON/i],
  ['an object where a list belongs', 'qualys-demo', { kind: 'object', at: 3, times: 100 }, /list|records|JSON/i],
  ['a redirect to another origin', 'qualys-demo', { kind: 'redirect', at: 3, times: 100 }, /not an allowed host/],
];

test.each(ENDED)('%s ends as a named partial, and what came is kept', async (_what, source, fault, reason) => {
  await simulator.setFaults({ on: source as never, ...fault });
  const summary = await pipeline.collect({ sources: [source], force: true });
  const account = summary.sources[source]!;
  expect(account.status).toBe('partial');
  expect(account.reason).toMatch(reason);
  expect(account.records).toBeGreaterThan(0);
  expect(await pipeline.store.records.countDocuments()).toBe(account.new);
  const { strays } = await simulator.state();
  expect(strays.withSecrets).toBe(0);
});

test('a request that is never answered is given up in time and asked again', async () => {
  await simulator.setFaults({ kind: 'hang', on: 'qualys-demo', at: 2, times: 1 });
  const summary = await pipeline.collect({ sources: ['qualys-demo'], force: true });
  const { records } = await simulator.state();
  expect(summary.sources['qualys-demo']).toMatchObject({ status: 'complete', records: records.qualys });
});

test('wrong credentials fail at once, in one sentence without a secret', async () => {
  const other = await openPipeline({
    ...simulator.environment,
    QUALYS_PASSWORD: 'canary-1b9f',
    CROWDSTRIKE_CLIENT_SECRET: 'canary-77aa',
  });
  const { handle } = await other.start({ sources: ['qualys', 'crowdstrike'], force: true });
  const summary = await summaryOf(handle.result());
  expect(summary.status).toBe('failed');
  expect(summary.sources['qualys']).toMatchObject({
    status: 'failed',
    remedy: expect.stringContaining('QUALYS_PASSWORD') as string,
  });
  expect(summary.sources['crowdstrike']!.status).toBe('failed');
  expect((await simulator.state()).paths['qualys'] ?? 1).toBeLessThanOrEqual(2);
  for (const id of [handle.workflowId, `${other.config.temporal.taskQueue}-source-qualys`]) {
    const history = await pipeline.env.client.workflow.getHandle(id).fetchHistory();
    expect(JSON.stringify(history)).not.toContain('canary');
  }
  expect(JSON.stringify(await other.store.runs.find().toArray())).not.toContain('canary');
  await other.close();
});

test('records that cannot be understood go to quarantine with reason and place, and their neighbours go on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-records-'));
  const good = (id: number) => `{"id":${id},"name":"host-${id}","dnsHostName":"host-${id}.corp.test"}`;
  writeFileSync(
    join(dir, 'qualys-hosts.json'),
    `[${good(1)},{"name":"no id"},[],${good(2)},{"id":{"$gt":""},"name":"x"},${good(3)}]`,
  );
  writeFileSync(join(dir, 'crowdstrike-hosts.json'), '[]');
  const recorded = await startSimulator({ records: dir });
  const reading = await openPipeline({ ...environmentOf({ ...recorded, demoPage: 2 }) });
  try {
    const summary = await reading.collect({ sources: ['qualys-demo'], force: true });
    expect(summary.sources['qualys-demo']).toMatchObject({ status: 'complete', records: 6, new: 3, quarantined: 3 });
    const kept = await reading.store.quarantine.find().sort({ page: 1, row: 1 }).toArray();
    expect(kept).toHaveLength(3);
    for (const entry of kept) {
      expect(entry.reason).not.toBe('');
      const page = await reading.store.pages.findOne({ _id: entry.page });
      expect(page!.source).toBe('qualys-demo');
      expect(entry.length).toBeGreaterThan(0);
    }
    const again = await reading.collect({ sources: ['qualys-demo'], force: true });
    expect(again.sources['qualys-demo']).toMatchObject({ unchanged: 3, quarantined: 3 });
  } finally {
    await reading.close();
    await recorded.stop();
    rmSync(dir, { recursive: true });
  }
});

test('two triggers in the same second are one run; another run that wants the same source is told it is busy', async () => {
  await simulator.setFaults({ kind: 'latency', ms: 300, on: 'qualys-demo' });
  const [first, second] = await Promise.all([
    pipeline.start({ sources: ['qualys-demo'], force: true }),
    pipeline.start({ sources: ['qualys-demo'], force: true }),
  ]);
  expect(first.attached).not.toBe(second.attached);
  await eventually('a page', () => pipeline.store.pages.countDocuments());
  const other = await pipeline.collect({ sources: DEMOS, force: true });
  expect(other.sources['qualys-demo']!.status).toBe('busy');
  expect(other.sources['crowdstrike-demo']!.status).toBe('complete');
  const summary = await first.handle.result();
  expect(summary.status).toBe('completed');
  const { records } = await simulator.state();
  expect(await pipeline.store.records.countDocuments({ source: 'qualys-demo' })).toBe(records.qualys);
});

test('a run can be paused, resumed and stopped, and tells its progress', async () => {
  await simulator.setFaults({ kind: 'latency', ms: 200, on: 'qualys-demo' });
  const { handle } = await pipeline.start({ sources: ['qualys-demo'], force: true });
  const source = workflow('qualys-demo');
  const until = (state: string) =>
    eventually(
      `the source to be ${state}`,
      () => source.query(progressQuery),
      (progress) => progress.state === state,
    );
  await until('fetching');
  await handle.signal('pause');
  const { pages } = await until('paused');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await source.query(progressQuery)).pages).toBe(pages);
  await handle.signal('resume');
  await until('fetching');
  await handle.signal('stop');
  const summary = await summaryOf(handle.result());
  expect(summary.sources['qualys-demo']).toMatchObject({
    status: 'partial',
    reason: expect.stringContaining('stopped') as string,
  });
  expect(summary.sources['qualys-demo']!.records).toBeGreaterThan(0);
});

test('a record that is listed but not understood is not gone, and one without a readable id holds retirement back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-listed-'));
  const write = (...rows: string[]) => {
    writeFileSync(join(dir, 'qualys-hosts.json'), `[${rows.join(',')}]`);
    writeFileSync(join(dir, 'crowdstrike-hosts.json'), '[]');
  };
  const good = (id: number) => `{"id":${id},"name":"host-${id}","dnsHostName":"host-${id}.corp.test"}`;
  write(good(1), good(2), good(3));
  let recorded = await startSimulator({ records: dir });
  const environment = environmentOf({ ...recorded, demoPage: 10 });
  const reading = await openPipeline({ ...environment, ROLLCALL_SHRINK_SHARE: '0.9' });
  const collect = async () =>
    (await reading.collect({ sources: ['qualys-demo'], force: true })).sources['qualys-demo']!;
  const list = async (...rows: string[]) => {
    write(...rows);
    await recorded.stop();
    recorded = await startSimulator({ records: dir, port: Number(new URL(recorded.url).port) });
  };
  try {
    expect(await collect()).toMatchObject({ status: 'complete', new: 3 });
    await list(good(1), good(2), '{"name":"the third, broken"}');
    const held = await collect();
    expect(held).toMatchObject({ status: 'complete', gone: 0, held: 1, quarantined: 1 });
    expect(held.reason).toContain('nothing was retired');
    expect(await reading.store.quarantine.countDocuments()).toBe(1);
    await list(good(1), good(2));
    expect(await collect()).toMatchObject({ status: 'complete', gone: 1, quarantined: 0 });
    expect(await reading.store.quarantine.countDocuments()).toBe(0);
  } finally {
    await reading.close();
    await recorded.stop();
    rmSync(dir, { recursive: true });
  }
});

test('a listing that moved while it was read retires nothing; the next one does', async () => {
  const collect = async () =>
    (await pipeline.collect({ sources: ['qualys-demo'], force: true })).sources['qualys-demo']!;
  const { new: all } = await collect();
  await simulator.changeFleet({ remove: 4 });
  await simulator.setFaults({ kind: 'insert-front', on: 'qualys-demo', at: 2 });
  const moved = await collect();
  expect(moved).toMatchObject({ status: 'complete', gone: 0 });
  expect(moved.repeated).toBeGreaterThan(0);
  expect(moved.held).toBeGreaterThan(0);
  expect(moved.reason).toContain('moved while it was read');
  await simulator.setFaults();
  const quiet = await collect();
  const { records } = await simulator.state();
  expect(quiet).toMatchObject({ status: 'complete', repeated: 0 });
  expect(quiet.gone).toBeGreaterThanOrEqual(all - records.qualys);
});

test('a run that is cancelled says so in its account', async () => {
  await simulator.setFaults({ kind: 'latency', ms: 300, on: 'qualys-demo' });
  const { handle } = await pipeline.start({ sources: ['qualys-demo'], force: true });
  await eventually('a page', () => pipeline.store.pages.countDocuments());
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  const run = await pipeline.store.runs.findOne({});
  expect(run).toMatchObject({ status: 'cancelled', sources: { 'qualys-demo': { reason: 'cancelled' } } });
});
