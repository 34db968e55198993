import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fault, Protocol } from '../../simulator/faults/fault.js';
import { DEFAULT_LIMITS } from '../../src/connectors/http/exchange.js';
import type { RunSummary } from '../../src/workflows/collect-inventory.js';
import { progressQuery } from '../../src/model/messages.js';
import { eventually } from '../support/eventually.js';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { openPipeline, summaryOf, type Pipeline } from '../support/pipeline.js';

let simulator: LocalSimulator;
let pipeline: Pipeline;

beforeAll(async () => {
  jest.replaceProperty(DEFAULT_LIMITS, 'headersMs', 4_000);
  simulator = await localSimulator({ hosts: 30, seed: 5 });
  pipeline = await openPipeline({
    ...simulator.environment,
    QUALYS_DEMO_PAGE_SIZE: '5',
    CROWDSTRIKE_DEMO_PAGE_SIZE: '5',
    QUALYS_PAGE_SIZE: '5',
    // One request at a time, so that a fault affects the intended page.
    QUALYS_DEMO_CONCURRENCY: '1',
    CROWDSTRIKE_DEMO_CONCURRENCY: '1',
    ROLLCALL_BATCH_RECORDS: '10',
    ROLLCALL_MAX_RECORDS: '40',
  });
});
afterAll(async () => {
  jest.restoreAllMocks();
  await pipeline?.close();
  await simulator?.stop();
});
afterEach(async () => {
  await simulator.setFaults();
  for (const source of [...DEMOS, 'qualys'])
    await workflow(source)
      .terminate()
      .catch(() => {});
  await pipeline.empty();
});

const workflow = (source: string) =>
  pipeline.env.client.workflow.getHandle(`${pipeline.config.temporal.taskQueue}-source-${source}`);

const DEMOS = ['qualys-demo', 'crowdstrike-demo'];

test('a source that fails does not affect the others: the run is partial, fetched records are kept, and nothing is retired', async () => {
  expect((await pipeline.collect({ sources: DEMOS, force: true })).status).toBe('completed');
  await simulator.setFaults({ kind: 'outage', on: 'qualys-demo', at: 3, times: 1_000 });
  const summary = await pipeline.collect({ sources: DEMOS, force: true });
  expect(summary.status).toBe('partial');
  expect(summary.sources['crowdstrike-demo']!.status).toBe('complete');
  expect(summary.sources['qualys-demo']).toMatchObject({ status: 'partial', gone: 0, records: 10 });
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

test('a listing completes in spite of a 500, an HTML 502, a limit, a cut body, a reset and a page served twice: no record is lost or duplicated', async () => {
  await simulator.setFaults(...RECOVERED.map((fault) => ({ on: 'qualys-demo' as const, times: 1, ...fault })));
  const before = (await simulator.state()).requests;
  const summary = await pipeline.collect({ sources: ['qualys-demo'], force: true });
  const { records, requests } = await simulator.state();
  expect(requests - before).toBeGreaterThanOrEqual(12);
  expect(summary.sources['qualys-demo']).toMatchObject({
    status: 'complete',
    records: records.qualys,
    new: records.qualys,
  });
});

/** The faults of two runs. Each source of a run fails in another way. */
const ENDED: [string, number, string, Fault, RegExp][] = [
  ['a last page that repeats without end', 0, 'qualys', { kind: 'repeat-last' }, /not greater/i],
  ['a listing without an end', 0, 'qualys-demo', { kind: 'endless' }, /ROLLCALL_MAX_RECORDS/],
  ['a response that is a login page', 0, 'crowdstrike-demo', { kind: 'html', at: 3, times: 100 }, /HTML|JSON/i],
  ['an object instead of a list', 1, 'crowdstrike-demo', { kind: 'object', at: 3, times: 100 }, /list|records|JSON/i],
  ['a redirect to another origin', 1, 'qualys', { kind: 'redirect', at: 3, times: 100 }, /not an allowed host/],
];

describe('each source has its own outcome', () => {
  const ran: { summary: RunSummary; stored: Record<string, number> }[] = [];
  beforeAll(async () => {
    for (const turn of [0, 1]) {
      const faults = ENDED.flatMap(([, of, source, fault]) =>
        of === turn ? { on: source as Protocol, ...fault } : [],
      );
      if (turn === 1) faults.push({ kind: 'hang', on: 'qualys-demo', at: 2, times: 1 });
      await simulator.setFaults(...faults);
      const sources = [...DEMOS, 'qualys'];
      const summary = await pipeline.collect({ sources, force: true });
      const counts = sources.map((source) => pipeline.store.records.countDocuments({ source }));
      const stored = Object.fromEntries((await Promise.all(counts)).map((count, at) => [sources[at]!, count]));
      ran.push({ summary, stored });
      await simulator.setFaults();
      for (const source of sources)
        await workflow(source)
          .terminate()
          .catch(() => {});
      await pipeline.empty();
    }
  });

  test.each(ENDED)(
    '%s makes the source partial with a reason, and fetched records are kept',
    async (_what, turn, source, _fault, reason) => {
      const { summary, stored } = ran[turn]!;
      const account = summary.sources[source]!;
      expect(account.status).toBe('partial');
      expect(account.reason).toMatch(reason);
      expect(account.records).toBeGreaterThan(0);
      expect(stored[source]).toBe(account.new);
      const { strays } = await simulator.state();
      expect(strays.withSecrets).toBe(0);
    },
  );

  test('a request without a response is aborted in time and sent again', async () => {
    const { records } = await simulator.state();
    expect(ran[1]!.summary.sources['qualys-demo']).toMatchObject({ status: 'complete', records: records.qualys });
  });
});

test('a listing that changes while it is read retires nothing; the next one does', async () => {
  const collect = async () =>
    (await pipeline.collect({ sources: ['qualys-demo'], force: true })).sources['qualys-demo']!;
  const { new: all } = await collect();
  await simulator.changeFleet({ remove: 4 });
  await simulator.setFaults({ kind: 'insert-front', on: 'qualys-demo', at: 2 });
  const moved = await collect();
  expect(moved).toMatchObject({ status: 'complete', gone: 0 });
  expect(moved.repeated).toBeGreaterThan(0);
  expect(moved.unconfirmed).toBeGreaterThan(0);
  expect(moved.reason).toContain('rows shifted during the listing');
  await simulator.setFaults();
  const unmoved = await collect();
  const { records } = await simulator.state();
  expect(unmoved).toMatchObject({ status: 'complete', repeated: 0 });
  expect(unmoved.gone).toBeGreaterThanOrEqual(all - records.qualys);
});

describe('with a slow vendor', () => {
  const SLOW = 'qualys-demo';
  const until = (state: string) =>
    eventually(
      `the source to be ${state}`,
      () => workflow(SLOW).query(progressQuery),
      (progress) => progress.state === state,
    );
  /** Starts a run and waits for its first page. Each further page takes a second and a half. */
  const started = async () => {
    await simulator.setFaults({ kind: 'latency', ms: 1_500, on: SLOW, at: 2, times: 1_000 });
    const run = await pipeline.start({ sources: [SLOW], force: true });
    await eventually('a page', () => pipeline.store.pages.countDocuments());
    return run;
  };

  test('two triggers in the same second start one run; another run gets the status busy for the source; a paused source requests no page until it is resumed', async () => {
    const [first, second] = await Promise.all([started(), started()]);
    expect(first.attached).not.toBe(second.attached);
    await until('fetching');
    await first.handle.signal('pause');
    const { pages } = await until('paused');
    await simulator.setFaults();
    const other = await pipeline.collect({ sources: DEMOS, force: true });
    expect(other.sources['qualys-demo']!.status).toBe('busy');
    expect(other.sources['crowdstrike-demo']!.status).toBe('complete');
    expect(await workflow(SLOW).query(progressQuery)).toMatchObject({ state: 'paused', pages });
    await first.handle.signal('resume');
    const summary = await first.handle.result();
    expect(summary.status).toBe('completed');
    const { records } = await simulator.state();
    expect(await pipeline.store.records.countDocuments({ source: SLOW })).toBe(records.qualys);
  });

  test('a run that is stopped keeps the fetched records', async () => {
    const { handle } = await started();
    await until('fetching');
    await handle.signal('stop');
    const summary = await summaryOf(handle.result());
    expect(summary.sources[SLOW]).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining('stopped') as string,
    });
    expect(summary.sources[SLOW]!.records).toBeGreaterThan(0);
  });

  test('a run that is cancelled has the reason cancelled in its account', async () => {
    const { handle } = await started();
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    const run = await pipeline.store.runs.findOne({});
    expect(run).toMatchObject({ status: 'cancelled', sources: { [SLOW]: { reason: 'cancelled' } } });
  });
});

/** Sources with recorded records from a folder, and sources with wrong credentials. */
describe('recorded records', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-records-'));
  let recorded: LocalSimulator | undefined;
  let reading: Pipeline;
  const good = (id: number) => `{"id":${id},"name":"host-${id}","dnsHostName":"host-${id}.corp.test"}`;
  const list = async (...rows: string[]) => {
    writeFileSync(join(dir, 'qualys-hosts.json'), `[${rows.join(',')}]`);
    writeFileSync(join(dir, 'crowdstrike-hosts.json'), '[]');
    const port = recorded ? Number(new URL(recorded.url).port) : 0;
    await recorded?.stop();
    recorded = await localSimulator({ records: dir, port });
    return recorded;
  };
  const collect = async () =>
    (await reading.collect({ sources: ['qualys-demo'], force: true })).sources['qualys-demo']!;
  beforeAll(async () => {
    const broken = ['{"name":"no id"}', '[]', '{"id":{"$gt":""},"name":"x"}'] as const;
    const { environment } = await list(good(1), broken[0], broken[1], good(2), broken[2], good(3));
    reading = await openPipeline({
      ...environment,
      QUALYS_DEMO_PAGE_SIZE: '2',
      QUALYS_PASSWORD: 'canary-1b9f',
      CROWDSTRIKE_CLIENT_SECRET: 'canary-77aa',
      ROLLCALL_SHRINK_SHARE: '0.9',
    });
  });
  afterAll(async () => {
    await reading?.close();
    await recorded?.stop();
    rmSync(dir, { recursive: true });
  });

  test('wrong credentials fail at once, and no secret is stored', async () => {
    const { handle } = await reading.start({ sources: ['qualys', 'crowdstrike'], force: true });
    const summary = await summaryOf(handle.result());
    expect(summary.status).toBe('failed');
    expect(summary.sources['qualys']).toMatchObject({
      status: 'failed',
      remedy: expect.stringContaining('QUALYS_PASSWORD') as string,
    });
    expect(summary.sources['crowdstrike']!.status).toBe('failed');
    expect((await recorded!.state()).requests).toBeLessThanOrEqual(2);
    for (const id of [handle.workflowId, `${reading.config.temporal.taskQueue}-source-qualys`]) {
      const history = await reading.env.client.workflow.getHandle(id).fetchHistory();
      expect(JSON.stringify(history)).not.toContain('canary');
    }
    expect(JSON.stringify(await reading.store.runs.find().toArray())).not.toContain('canary');
  });

  test('records that cannot be normalized go to quarantine with reason and place, and the other records are stored', async () => {
    expect(await collect()).toMatchObject({ status: 'complete', records: 6, new: 3, quarantined: 3 });
    const kept = await reading.store.quarantine.find().sort({ page: 1, row: 1 }).toArray();
    expect(kept).toHaveLength(3);
    for (const entry of kept) {
      expect(entry.reason).not.toBe('');
      const page = await reading.store.pages.findOne({ _id: entry.page });
      expect(page!.source).toBe('qualys-demo');
      expect(entry.length).toBeGreaterThan(0);
    }
    expect(await collect()).toMatchObject({ unchanged: 3, quarantined: 3 });
  });

  test('a record that is listed but not normalized is not gone, and a record without a readable id prevents retirement', async () => {
    await list(good(1), good(2), '{"name":"the third, broken"}');
    const account = await collect();
    expect(account).toMatchObject({ status: 'complete', gone: 0, unconfirmed: 1, quarantined: 1 });
    expect(account.reason).toContain('nothing was retired');
    expect(await reading.store.quarantine.countDocuments()).toBe(1);
    await list(good(1), good(2));
    expect(await collect()).toMatchObject({ status: 'complete', gone: 1, quarantined: 0 });
    expect(await reading.store.quarantine.countDocuments()).toBe(0);
  });
});
