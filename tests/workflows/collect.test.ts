import { Worker } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

const SOURCES = ['qualys', 'crowdstrike'];
let simulator: LocalSimulator;
let pipeline: Pipeline;

beforeAll(async () => {
  simulator = await localSimulator({ hosts: 40, seed: 3 });
  pipeline = await openPipeline({ ...simulator.environment, QUALYS_PAGE_SIZE: '10', CROWDSTRIKE_PAGE_SIZE: '16' });
});

afterAll(async () => {
  await pipeline?.close();
  await simulator?.stop();
});

const collect = () => pipeline.collect({ sources: SOURCES, force: true });

/** Everything a run may change about hosts and records, for comparison. */
async function inventory(): Promise<string> {
  const [records, hosts] = await Promise.all([
    pipeline.store.records.find().sort({ _id: 1 }).toArray(),
    pipeline.store.hosts.find().sort({ _id: 1 }).toArray(),
  ]);
  return JSON.stringify([records, hosts]);
}

/** The workflow id of the run of both sources. */
let workflowId: string;

test('a run of two vendors gives one inventory with each machine of the fleet once', async () => {
  const { handle } = await pipeline.start({ sources: SOURCES, force: true });
  ({ workflowId } = handle);
  const summary = await handle.result();
  const { records, hosts } = await simulator.state();
  expect(summary).toMatchObject({
    status: 'completed',
    hosts,
    sources: {
      qualys: { status: 'complete', records: records.qualys, new: records.qualys, quarantined: 0 },
      crowdstrike: { status: 'complete', records: records.crowdstrike, new: records.crowdstrike, quarantined: 0 },
    },
  });
  const merged = await pipeline.store.hosts.find().toArray();
  for (const machine of await simulator.truth()) {
    const ids = [
      machine.qualys && `qualys:${machine.qualys}`,
      machine.crowdstrike && `crowdstrike:${machine.crowdstrike}`,
    ];
    const wanted = ids.filter((id) => id !== undefined).sort();
    const host = merged.find(({ sources }) => sources.some(({ record }) => record === wanted[0]));
    expect(host!.sources.map(({ record }) => record)).toEqual(wanted);
  }
});

test('workflow histories contain only references and counts, and they replay', async () => {
  const codePath = process.env['ROLLCALL_TEST_WORKFLOW_BUNDLE'];
  const code =
    codePath && existsSync(codePath)
      ? { workflowBundle: { codePath } }
      : { workflowsPath: join(__dirname, '../../src/workflows') };
  for (const id of [workflowId, ...SOURCES.map((source) => `${pipeline.config.temporal.taskQueue}-source-${source}`)]) {
    const history = await pipeline.env.client.workflow.getHandle(id).fetchHistory();
    const text = JSON.stringify(history);
    for (const secret of ['qualys-demo-password', 'demo-secret']) expect(text).not.toContain(secret);
    for (const event of history.events ?? []) expect(JSON.stringify(event).length).toBeLessThan(64_000);
    await Worker.runReplayHistory(code, history, id);
  }
});

test('a second run over the same fleet writes nothing to records or hosts', async () => {
  const before = await inventory();
  const summary = await collect();
  const { records } = await simulator.state();
  expect(summary.sources['qualys']).toMatchObject({ unchanged: records.qualys, new: 0, changed: 0, gone: 0 });
  expect(summary.sources['crowdstrike']).toMatchObject({ unchanged: records.crowdstrike, new: 0, changed: 0 });
  expect(await inventory()).toBe(before);
});

test('when only times change, a run updates the times of records and hosts and merges nothing', async () => {
  const [before] = await pipeline.store.hosts
    .find({ 'sources.1': { $exists: true } })
    .sort({ _id: 1 })
    .limit(1)
    .toArray();
  await simulator.changeFleet({ touch: true });
  const summary = await collect();
  expect(summary.sources['qualys']).toMatchObject({ new: 0, changed: 0 });
  const after = await pipeline.store.hosts.findOne({ _id: before!._id });
  expect(after!.last_seen!.getTime()).toBeGreaterThan(before!.last_seen!.getTime());
  expect(after!.version).toBe(before!.version);
});

test('only changed records are merged again', async () => {
  const { changed } = await simulator.changeFleet({ change: 0.1 });
  const summary = await collect();
  expect(summary.sources['qualys']!.changed).toBe(changed.qualys);
  expect(summary.sources['crowdstrike']!.changed).toBe(changed.crowdstrike);
  expect(changed.qualys + changed.crowdstrike).toBeGreaterThan(0);
});

test('machines that a complete listing no longer contains are gone, and their hosts are retired', async () => {
  const before = await simulator.state();
  await simulator.changeFleet({ remove: 5 });
  const after = await simulator.state();
  const summary = await collect();
  expect(summary.sources['qualys']!.gone).toBe(before.records.qualys - after.records.qualys);
  expect(summary.sources['crowdstrike']!.gone).toBe(before.records.crowdstrike - after.records.crowdstrike);
  expect(summary.hosts).toBe(after.hosts);
  await simulator.changeFleet({ add: 5 });
  expect((await collect()).hosts).toBe(before.hosts);
});

test('a listing that shrinks by more than the configured share retires nothing until a user confirms it', async () => {
  const { hosts } = await simulator.state();
  await simulator.changeFleet({ remove: 16 });
  const shrunk = await collect();
  expect(shrunk.hosts).toBe(hosts);
  expect(shrunk.sources['qualys']).toMatchObject({ status: 'complete', gone: 0 });
  expect(shrunk.sources['qualys']!.unconfirmed).toBeGreaterThan(8);
  expect(shrunk.sources['qualys']!.reason).toContain('nothing was retired');
  const confirmed = await pipeline.collect({ sources: SOURCES, force: true, confirmShrink: true });
  expect(confirmed.hosts).toBe(hosts! - 16);
});

test('a replay of stored pages gives the same inventory, without requests to a vendor', async () => {
  const hosts = async () =>
    (
      await pipeline.store.hosts
        .find({ retired: { $exists: false } })
        .sort({ _id: 1 })
        .toArray()
    ).map(({ _id, device, sources, keys, external_ips, tags }) => ({ _id, device, sources, keys, external_ips, tags }));
  // The reasons are not compared: they also depend on machines that are gone, and no page contains these any more.
  const before = await hosts();
  const { requests } = await simulator.state();
  const latest = await pipeline.store.runs.findOne({}, { sort: { started_at: -1 } });
  await Promise.all([pipeline.store.records.deleteMany({}), pipeline.store.hosts.deleteMany({})]);
  const pagesFromRun = Object.fromEntries(SOURCES.map((source) => [source, latest!._id]));
  const summary = await pipeline.collect({ sources: SOURCES, replay: true, pagesFromRun });
  expect(summary).toMatchObject({ status: 'completed', sources: { qualys: { status: 'complete' } } });
  expect(await hosts()).toEqual(before);
  expect((await simulator.state()).requests).toBe(requests);
});

test('a source that completed within its window is not fetched again unless forced', async () => {
  const { requests } = await simulator.state();
  const summary = await pipeline.collect({ sources: SOURCES });
  expect(summary).toMatchObject({
    status: 'completed',
    sources: { qualys: { status: 'fresh' }, crowdstrike: { status: 'fresh' } },
  });
  expect((await simulator.state()).requests).toBe(requests);
});

test('a run can fetch, normalize or merge only', async () => {
  await pipeline.store.db.collection('records').deleteMany({});
  await pipeline.store.hosts.deleteMany({});
  const fetched = await pipeline.collect({ sources: SOURCES, force: true, only: 'fetch' });
  expect(fetched.sources['qualys']!.pages).toBeGreaterThan(1);
  expect(await pipeline.store.records.countDocuments()).toBe(0);
  await pipeline.collect({ sources: SOURCES, only: 'normalize' });
  const { records, hosts } = await simulator.state();
  expect(await pipeline.store.records.countDocuments()).toBe(records.qualys + records.crowdstrike);
  expect(await pipeline.store.hosts.countDocuments()).toBe(0);
  expect((await pipeline.collect({ sources: [], only: 'merge' })).hosts).toBe(hosts);
});
