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

/** Of the runs of both sources. */
let workflowId: string;

test('two vendors become one inventory: the fleet as it is, each machine once', async () => {
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

test('only references and counts travel through Temporal, and its histories replay', async () => {
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

test('when only times move, times move on records and hosts, and nothing is merged', async () => {
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

test('changed records are merged again, and only they', async () => {
  const { changed } = await simulator.changeFleet({ change: 0.1 });
  const summary = await collect();
  expect(summary.sources['qualys']!.changed).toBe(changed.qualys);
  expect(summary.sources['crowdstrike']!.changed).toBe(changed.crowdstrike);
  expect(changed.qualys + changed.crowdstrike).toBeGreaterThan(0);
});

test('machines that a complete listing no longer holds are gone, and their hosts retired', async () => {
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

test('a listing that shrank by more than the set share retires nothing until it is confirmed', async () => {
  const { hosts } = await simulator.state();
  await simulator.changeFleet({ remove: 16 });
  const held = await collect();
  expect(held.hosts).toBe(hosts);
  expect(held.sources['qualys']).toMatchObject({ status: 'complete', gone: 0 });
  expect(held.sources['qualys']!.held).toBeGreaterThan(8);
  expect(held.sources['qualys']!.reason).toContain('nothing was retired');
  const confirmed = await pipeline.collect({ sources: SOURCES, force: true, confirmShrink: true });
  expect(confirmed.hosts).toBe(hosts! - 16);
});

test('stored pages alone give the same inventory again, without asking a vendor', async () => {
  const hosts = async () =>
    (
      await pipeline.store.hosts
        .find({ retired: { $exists: false } })
        .sort({ _id: 1 })
        .toArray()
    ).map(({ _id, device, sources, keys, external_ips, tags }) => ({ _id, device, sources, keys, external_ips, tags }));
  // Why they are one is told with what machines that are gone held, and no page holds those any more.
  const before = await hosts();
  const { requests } = await simulator.state();
  const latest = await pipeline.store.runs.findOne({}, { sort: { started_at: -1 } });
  await Promise.all([pipeline.store.records.deleteMany({}), pipeline.store.hosts.deleteMany({})]);
  const pagesOf = Object.fromEntries(SOURCES.map((source) => [source, latest!._id]));
  const summary = await pipeline.collect({ sources: SOURCES, replay: true, pagesOf });
  expect(summary).toMatchObject({ status: 'completed', sources: { qualys: { status: 'complete' } } });
  expect(await hosts()).toEqual(before);
  expect((await simulator.state()).requests).toBe(requests);
});

test('a source that completed within its window is not asked again unless forced', async () => {
  const { requests } = await simulator.state();
  const summary = await pipeline.collect({ sources: SOURCES });
  expect(summary).toMatchObject({
    status: 'completed',
    sources: { qualys: { status: 'fresh' }, crowdstrike: { status: 'fresh' } },
  });
  expect((await simulator.state()).requests).toBe(requests);
});

test('the steps can be taken one by one', async () => {
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
