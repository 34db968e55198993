import { ApplicationFailure } from '@temporalio/common';
import { progressQuery } from '../../src/model/messages.js';
import { eventually } from '../support/eventually.js';
import { localSimulator, type LocalSimulator } from '../support/local-simulator.js';
import { openPipeline, type Pipeline } from '../support/pipeline.js';

/** A source that fails permanently keeps its cursor, reports the remedy, and continues from the cursor. */

const SOURCE = 'qualys-demo';
let simulator: LocalSimulator;
let pipeline: Pipeline;

beforeAll(async () => {
  simulator = await localSimulator({ hosts: 20, seed: 5 });
  pipeline = await openPipeline({
    ...simulator.environment,
    QUALYS_DEMO_PAGE_SIZE: '4',
    QUALYS_DEMO_CONCURRENCY: '1',
    CROWDSTRIKE_DEMO_PAGE_SIZE: '4',
  });
});
afterAll(async () => {
  await pipeline?.close();
  await simulator?.stop();
});
afterEach(async () => {
  await simulator.setFaults();
  await workflow()
    .terminate()
    .catch(() => {});
  await pipeline.empty();
});

const workflow = () => pipeline.env.client.workflow.getHandle(`${pipeline.config.temporal.taskQueue}-source-${SOURCE}`);
const collect = () => pipeline.collect({ sources: [SOURCE], force: true });
const rejectRequests = () => simulator.setFaults({ kind: 'status', status: 401, on: SOURCE, at: 4, times: 1_000 });
const parkedOf = async () => (await pipeline.store.sources.findOne({ _id: SOURCE }))?.parked;
const requests = async () => (await simulator.state()).requests;

test('a parked source keeps its cursor and reports the remedy; its run ends, a run that finds it still rejected reports it as parked, and the signal resume completes it', async () => {
  await rejectRequests();
  const summary = await pipeline.collect({ sources: [SOURCE, 'crowdstrike-demo'], force: true });
  expect(summary.status).toBe('partial');
  expect(summary.sources['crowdstrike-demo']!.status).toBe('complete');
  expect(summary.sources[SOURCE]).toMatchObject({ status: 'partial', parked: true, pages: 3, records: 12 });
  expect(await parkedOf()).toMatchObject({ run: summary.run, kind: 'credentials-rejected' });

  const progress = await eventually(
    'the source to be parked',
    () => workflow().query(progressQuery),
    (now) => now.state === 'parked',
  );
  expect(progress).toMatchObject({
    reason: expect.stringMatching(/refused|rejected|401/i),
    parkedAt: expect.any(String),
  });
  expect(progress.remedy).toMatch(/QUALYS_DEMO_TOKEN/);

  const second = await collect();
  expect(second.sources[SOURCE]).toMatchObject({ status: 'partial', parked: true, listing: summary.run });
  expect(await parkedOf()).toMatchObject({ run: summary.run });
  expect((await workflow().describe()).status.name).toBe('RUNNING');

  await simulator.setFaults();
  const before = await requests();
  await workflow().signal('resume');
  const account = await workflow().result();
  const { records } = await simulator.state();
  expect(account).toMatchObject({ status: 'complete', records: records.qualys });
  expect(account.parked).toBeUndefined();
  const resumed = (await requests()) - before;
  expect(await pipeline.store.records.countDocuments({ source: SOURCE })).toBe(records.qualys);
  expect(await parkedOf()).toBeUndefined();
  const run = await pipeline.store.runs.findOne({ _id: summary.run });
  const hosts = await pipeline.store.hosts.countDocuments({ retired: { $ne: true } });
  expect(run).toMatchObject({ status: 'completed', hosts, sources: { [SOURCE]: { status: 'complete' } } });
  expect(hosts).toBeGreaterThan(summary.hosts);
  // The source does not request the three stored pages again.
  await collect();
  expect((await requests()) - before - resumed).toBe(resumed + 3);
});

test('the next run resumes a parked source at its cursor and reports its outcome; records that the source did not see while it was parked are not gone', async () => {
  const { new: all } = (await collect()).sources[SOURCE]!;
  await simulator.changeFleet({ remove: 3 });
  await rejectRequests();
  const first = await collect();
  await simulator.setFaults();
  const second = await collect();
  const { records } = await simulator.state();
  expect(second).toMatchObject({ status: 'completed' });
  const resumed = second.sources[SOURCE]!;
  expect(resumed).toMatchObject({ status: 'complete', listing: first.run, records: records.qualys, gone: 0 });
  expect(resumed.warnings).toEqual([expect.stringContaining('no records were retired')]);
  expect(await pipeline.store.pages.countDocuments({ run: second.run })).toBe(0);
  expect(await pipeline.store.runs.findOne({ _id: first.run })).toMatchObject({ status: 'completed' });
  // The third run reads a new listing, and retires the records.
  const third = (await collect()).sources[SOURCE]!;
  expect(third).toMatchObject({ status: 'complete', unchanged: records.qualys, gone: all - records.qualys });
  expect(third.listing).toBeUndefined();
  await simulator.changeFleet({ add: 3 });
});

test('the signal stop discards the cursor, and the next run reads a new listing; a source that is cancelled while parked is no longer parked', async () => {
  await rejectRequests();
  await collect();
  await workflow().cancel();
  await expect(workflow().result()).rejects.toThrow();
  expect(await parkedOf()).toBeUndefined();

  await rejectRequests();
  await collect();
  expect(await parkedOf()).toBeDefined();
  await workflow().signal('stop');
  expect(await workflow().result()).toMatchObject({
    status: 'partial',
    reason: expect.stringContaining('stopped by a signal after') as string,
  });
  expect(await parkedOf()).toBeUndefined();
  await simulator.setFaults();
  const next = await collect();
  expect(next.sources[SOURCE]).toMatchObject({ status: 'complete' });
  expect(next.sources[SOURCE]!.listing).toBeUndefined();
});

/** The pending activities, as the Web UI shows them. */
const pendingOf = async () => (await workflow().describe()).raw.pendingActivities ?? [];
const failed = async () => {
  const [pending] = await eventually(
    'the pending activity with its failure',
    pendingOf,
    ([first]) => Boolean(first?.lastFailure) && Number(first!.state) === SCHEDULED,
  );
  return pending!;
};
/** `PENDING_ACTIVITY_STATE_SCHEDULED` of Temporal's API: no attempt is under way. */
const SCHEDULED = 1;
const execution = () => ({ workflowId: workflow().workflowId });
const service = () => pipeline.env.client.workflowService;
const common = () => ({ namespace: 'default', execution: execution(), identity: 'a user of the Web UI' });

test('the Web UI shows the pending activity with failure and remedy; pause and unpause retry it, and a reset continues from the cursor', async () => {
  await rejectRequests();
  const { handle } = await pipeline.start({ sources: [SOURCE], force: true });
  const failure = await handle.result().then(
    () => undefined,
    (error: { cause?: ApplicationFailure }) => error.cause,
  );
  expect(failure).toMatchObject({ type: 'partial', nonRetryable: true });
  expect(failure!.message).toContain(`workflow ${workflow().workflowId}`);
  expect(failure!.message).toMatch(/qualys-demo is parked, partial: .*401.*QUALYS_DEMO_TOKEN/);
  expect((await handle.describe()).status.name).toBe('FAILED');
  const pending = await failed();
  expect(pending.activityType!.name).toBe('fetchPages');
  expect(pending.attempt).toBeGreaterThan(0);
  expect(pending.lastFailure!.message).toMatch(/401.*QUALYS_DEMO_TOKEN/);
  expect(pending.lastFailure!.applicationFailureInfo!.type).toBe('credentials-rejected');

  const { run } = (await parkedOf())!;
  // Pause and unpause retry the activity. The vendor still rejects it, so it parks again with the new failure.
  await simulator.setFaults({ kind: 'status', status: 403, on: SOURCE, at: 1, times: 1_000 });
  await service().pauseActivity({ ...common(), id: pending.activityId! });
  await service().unpauseActivity({ ...common(), id: pending.activityId!, resetAttempts: true });
  await eventually('the other reason', parkedOf, (parked) => parked?.kind === 'not-permitted');
  const progress = await eventually(
    'the source to be parked again',
    () => workflow().query(progressQuery),
    (now) => now.state === 'parked',
  );
  expect(progress.reason).toMatch(/403/);
  const second = await failed();
  expect(second.activityId).toBe(pending.activityId);
  expect(second.lastFailure!.message).toMatch(/403/);

  // After a reset the activity completes, and its run, too.
  await simulator.setFaults();
  const before = await requests();
  await service().resetActivity({ ...common(), id: second.activityId!, resetHeartbeat: true });
  const account = await workflow().result();
  const { records } = await simulator.state();
  expect(account).toMatchObject({ status: 'complete', records: records.qualys });
  expect(await pipeline.store.runs.findOne({ _id: run })).toMatchObject({ status: 'completed' });
  expect(await parkedOf()).toBeUndefined();
  // The source does not request the three stored pages again.
  const resumed = (await requests()) - before;
  await collect();
  expect((await requests()) - before - resumed).toBe(resumed + 3);
});
