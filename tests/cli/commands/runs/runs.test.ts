import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitingIn } from '../../../../src/cli/watch/pending-activity.js';
import type { RunSummary } from '../../../../src/workflows/collect-inventory.js';
import { progressQuery, type SourceProgress } from '../../../../src/model/messages.js';
import { eventually } from '../../../support/eventually.js';
import { localSimulator, type LocalSimulator } from '../../../support/local-simulator.js';
import { openPipeline, summaryOf, type Pipeline } from '../../../support/pipeline.js';
import { type Ran, runProgram } from '../../../support/program.js';

/** Runs the commands that show and control runs: the compiled program, real servers and vendors with faults. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-runs-'));
const HOSTS = 20;
let simulator: LocalSimulator;
let pipeline: Pipeline;

beforeAll(async () => {
  simulator = await localSimulator({ hosts: HOSTS, seed: 5 });
  pipeline = await openPipeline({
    ...simulator.environment,
    // Small pages; a batch has three of them.
    QUALYS_DEMO_PAGE_SIZE: '3',
    CROWDSTRIKE_DEMO_PAGE_SIZE: '50',
    QUALYS_DEMO_CONCURRENCY: '1',
    ROLLCALL_BATCH_RECORDS: '3',
    // Long enough for each test to see the state that it waits for.
    ROLLCALL_PATIENCE_SECONDS: '600',
  });
});
afterAll(async () => {
  await pipeline?.close();
  await simulator?.stop();
  rmSync(dir, { recursive: true, force: true });
});
/** Terminates the running workflows. */
async function endAll(): Promise<void> {
  await simulator.setFaults();
  const { client } = pipeline.env;
  const { taskQueue } = pipeline.config.temporal;
  const running = client.workflow.list({ query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'` });
  for await (const { workflowId } of running)
    await client.workflow
      .getHandle(workflowId)
      .terminate()
      .catch(() => {});
}
/** Terminates the running workflows and empties the database. */
async function clear(): Promise<void> {
  await endAll();
  await pipeline.empty();
}

const run = (...args: string[]): Promise<Ran> => follow(args);

/** Runs a command and passes its output to `onText` while it runs. */
function follow(args: string[], onText?: (text: string) => void): Promise<Ran> {
  const env = {
    TEMPORAL_ADDRESS: pipeline.config.temporal.address,
    TEMPORAL_TASK_QUEUE: pipeline.config.temporal.taskQueue,
    MONGODB_URI: pipeline.config.mongodb.uri,
    MONGODB_DATABASE: pipeline.config.mongodb.database,
  };
  return runProgram(args, { cwd: dir, env }, onText);
}

const workflow = (source: string) =>
  pipeline.env.client.workflow.getHandle(`${pipeline.config.temporal.taskQueue}-source-${source}`);
const state = (source: string, wanted: SourceProgress['state']) =>
  eventually(
    `${source} to be ${wanted}`,
    () => workflow(source).query(progressQuery),
    (progress) => progress.state === wanted,
  );
/** Waits until the activity is between two attempts. */
const betweenAttempts = () =>
  eventually(
    'an attempt that is due later',
    async () => waitingIn(await workflow('qualys-demo').describe()),
    ([first]) => first?.next,
  );
const demo = { sources: ['qualys-demo'], force: true };
/** The vendor responds 401 to the third page: the source parks at once, with two pages. */
const UNAUTHORIZED = { kind: 'status', status: 401, on: 'qualys-demo', at: 3, times: 1_000 } as const;
/** The current batch lasts until the test removes the faults. */
const OUTAGE = { kind: 'outage', on: 'qualys-demo' } as const;
const DEMOS = { sources: ['qualys-demo', 'crowdstrike-demo'], force: true };

describe('with an empty database', () => {
  beforeEach(clear);
  afterAll(clear);

  test('status shows the progress of a run and why it waits, follows it to its end, and then shows the state of the sources', async () => {
    // The fault stays until the test has seen the source wait.
    await simulator.setFaults({ kind: 'status', status: 429, seconds: 5, on: 'qualys-demo', at: 3, times: 1_000 });
    const { handle } = await pipeline.start(demo);
    await betweenAttempts();
    const limited = await eventually(
      'a source that waits',
      () => run('status', '--once'),
      ({ out }) => /waiting: rate limited/.test(out),
    );
    expect(limited.out).toMatch(
      /^Under way: run \d{14}-[0-9a-f]{8}\nqualys-demo: fetching: 2 pages, 6 (of \d+ )?records, .*normalized\n/,
    );
    expect(limited.out).toMatch(/\n {2}waiting: rate limited until \d\d:\d\d:\d\d\n/);
    const json = JSON.parse((await run('status', '--json')).out) as { under_way: Record<string, unknown>[] };
    expect(json.under_way).toMatchObject([
      {
        source: 'qualys-demo',
        state: 'fetching',
        pages: 2,
        records: 6,
        waiting: [
          { kind: 'limited', attempt: expect.any(Number) as number, next_at: expect.stringMatching(/^20/) as string },
        ],
      },
    ]);
    expect((json.under_way[0]!['waiting'] as { attempt: number }[])[0]!.attempt).toBeGreaterThan(1);
    const followed = await follow(['status'], (text) => {
      if (/rate limited until/.test(text)) void simulator.setFaults();
    });
    expect(followed.code).toBe(0);
    expect(followed.err).toMatch(/qualys-demo: fetching: 2 pages.*rate limited until/);
    const { run: id } = await handle.result();
    expect(followed.out).toMatch(new RegExp(`Run ${id} completed in`));
    expect(followed.out).toMatch(/qualys-demo +│ fresh, \d+ min more +│ just now/);
    expect(followed.out).toMatch(/Not set up: .*qualys/);
    expect((await run('status', id)).out).toMatch(new RegExp(`Run ${id} completed in`));
  });

  test('status shows the next attempt of a failing source, and the remedy for a parked source', async () => {
    await simulator.setFaults({ ...OUTAGE, at: 3, times: 1_000 });
    const { handle } = await pipeline.start(demo);
    await betweenAttempts();
    const failing = await eventually(
      'a second attempt',
      () => run('status', '--once'),
      ({ out }) => /attempt [2-9] at \d\d:/.test(out),
    );
    expect(failing.out).toMatch(/\n {2}waiting: .*500.*; attempt \d at \d\d:\d\d:\d\d\n/);
    // After a 401 response, the source parks at its next attempt.
    await simulator.setFaults(UNAUTHORIZED);
    const followed = await run('status');
    expect(followed.code).toBe(4);
    expect((await summaryOf(handle.result())).sources['qualys-demo']!.parked).toBe(true);
    const { out } = await run('status', '--once');
    expect(out).toMatch(/qualys-demo +│ parked/);
    expect(out).toMatch(
      /qualys-demo is parked since \d\d:\d\d:\d\d: .*401[^]*Then: npm run rollcall -- resume qualys-demo/,
    );

    await simulator.setFaults();
    expect((await run('resume', 'qualys-demo')).out).toBe(
      'qualys-demo: resume sent, it continues from where it was parked\n',
    );
    const { records } = await simulator.state();
    await eventually(
      'every record',
      () => pipeline.store.records.countDocuments({ source: 'qualys-demo' }),
      (count) => count === records.qualys,
    );
    await workflow('qualys-demo').result();
    expect((await run('status')).out).toMatch(/qualys-demo +│ fresh/);
  });

  test('sources are paused, resumed and stopped by name or all at once; a source that is not running is named', async () => {
    expect(await run('pause')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('Nothing is running') as string,
    });
    await simulator.setFaults(OUTAGE);
    const { handle } = await pipeline.start(demo);
    await state('qualys-demo', 'fetching');
    expect((await run('pause', 'qualys-demo')).out).toMatch(/^qualys-demo: pause sent, it pauses after/);
    await simulator.setFaults();
    const { pages } = await state('qualys-demo', 'paused');
    expect((await run('status', '--once')).out).toMatch(/qualys-demo: paused: /);
    expect((await workflow('qualys-demo').query(progressQuery)).pages).toBe(pages);
    expect(await run('stop', 'qualys-demo', 'crowdstrike-demo')).toMatchObject({
      code: 2,
      out: '',
      err: 'crowdstrike-demo is not running: stop was not sent\nnpm run rollcall -- status shows the sources that are running\n',
    });
    expect(await run('stop', 'qualys-dem')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean qualys-demo') as string,
    });
    await simulator.setFaults(OUTAGE);
    expect((await run('resume')).out).toMatch(/^qualys-demo: resume sent, it continues from where it was paused\n$/);
    await state('qualys-demo', 'fetching');
    expect((await run('stop')).out).toMatch(/^qualys-demo: stop sent, it ends after/);
    await simulator.setFaults();
    expect((await summaryOf(handle.result())).sources['qualys-demo']).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining('stopped') as string,
    });
  });

  test('a parked source cannot be paused; stop without a name leaves it parked, and stop with its name ends it', async () => {
    await simulator.setFaults(UNAUTHORIZED);
    const { code, out } = await run('trigger', 'qualys-demo', '--force', '--wait');
    expect(code).toBe(4);
    expect(out).toMatch(/qualys-demo is parked, (?:partial|failed): .*401\n {2}.*QUALYS_DEMO_TOKEN/);
    expect(out).toContain('Then: npm run rollcall -- resume qualys-demo');
    expect(out).not.toContain('by itself');
    await state('qualys-demo', 'parked');
    expect(await run('pause', 'qualys-demo')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/is parked already/),
    });
    expect(await run('stop')).toMatchObject({ out: '', err: expect.stringMatching(/was not changed/) });
    expect((await run('stop', 'qualys-demo')).out).toMatch(/discards its position in the listing/);
    await workflow('qualys-demo')
      .result()
      .catch(() => {});
    expect((await run('status')).out).toMatch(/qualys-demo +│ (partial|failed)/);
  });
});

describe('a complete run and one that parked', () => {
  let none: Ran;
  let first: RunSummary;
  let second: RunSummary;
  beforeAll(async () => {
    none = await run('runs');
    first = await pipeline.collect(DEMOS);
    await simulator.setFaults(UNAUTHORIZED);
    second = await pipeline.collect(DEMOS);
  });
  afterAll(endAll);

  test('runs are listed newest first with the result of each source, and filtered by source and status', async () => {
    expect(none.out).toBe('No runs yet: npm run trigger -- --wait makes one\n');
    const { out, code } = await run('runs');
    expect(code).toBe(0);
    expect(out.indexOf(second.run)).toBeLessThan(out.indexOf(first.run));
    const records = first.sources['crowdstrike-demo']!.records;
    expect(out).toMatch(new RegExp(`crowdstrike-demo: complete, ${records} records, ${records} new`));
    expect(out).toMatch(/qualys-demo: partial, (parked, )?6 records/);
    expect(out).toMatch(/\d s +│ completed +│ +20 │/);

    const only = async (...args: string[]) =>
      (await run('runs', '--json', ...args)).out
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { _id: string })._id);
    expect(await only()).toEqual([second.run, first.run]);
    expect(await only('--limit', '1')).toEqual([second.run]);
    expect(await only('--status', 'completed')).toEqual([first.run]);
    expect(await only('--source', 'qualys-demo')).toEqual([second.run, first.run]);
    expect(await only('--source', 'logins')).toEqual([]);
    expect(await run('runs', '--source', 'qualis')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean qualys') as string,
    });

    const shown = await run('runs', 'show');
    expect(shown.out).toMatch(new RegExp(`^${second.run} {2}partial\n`));
    expect(shown.out).toMatch(/reason +.*401[^]*remedy +\S[^]*go on +npm run rollcall -- resume qualys-demo/);
    expect(shown.out).toMatch(/records +6: 0 new, 0 changed, 6 unchanged, 0 quarantined; 0 gone/);
    expect(shown.out).toContain(
      `/workflows/${pipeline.config.temporal.taskQueue}-collect-crowdstrike-demo%2Bqualys-demo`,
    );
    const json = JSON.parse((await run('runs', 'show', first.run.slice(0, -3), '--json')).out) as Record<
      string,
      unknown
    >;
    expect(json).toMatchObject({ _id: first.run, status: 'completed', quarantine: {} });
    expect(await run('runs', 'show', 'nope')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is no run nope\n/),
    });
  });
});

/** These tests continue after the complete run of both sources. */
describe('records that are missing from a listing that shrank too much', () => {
  /** Removes half of the fleet's machines and collects. */
  const shrink = async () => {
    const { hosts, records } = await simulator.state();
    await simulator.changeFleet({ remove: Math.round(hosts! / 2) });
    const summary = await pipeline.collect(demo);
    const { records: left } = await simulator.state();
    return { summary, missing: records.qualys - left.qualys };
  };
  let shrunk: Awaited<ReturnType<typeof shrink>>;
  beforeAll(async () => {
    shrunk = await shrink();
  });

  test('are not retired while the source is collected, after a later run has read it, or after a later complete run', async () => {
    const { summary, missing } = shrunk;
    expect(summary.sources['qualys-demo']).toMatchObject({ status: 'complete', gone: 0, unconfirmed: missing });
    // The ids of runs that begin in the same second do not sort by time.
    const before = await pipeline.store.pages.distinct('run');
    await simulator.setFaults({ ...OUTAGE, at: 2, times: 1_000 });
    const { handle } = await pipeline.start(demo);
    await state('qualys-demo', 'fetching');
    expect(await run('runs', 'confirm', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/qualys-demo is being collected right now\n.*status\n$/),
    });
    await eventually(
      'a page of this run',
      () => pipeline.store.pages.countDocuments({ run: { $nin: before } }),
      (pages) => pages > 0,
    );
    await handle.signal('stop');
    await simulator.setFaults();
    await summaryOf(handle.result());
    expect(await run('runs', 'confirm', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/A later run read .*, but not completely: no records were retired\n/),
    });
    const later = await pipeline.collect(demo);
    expect(await run('runs', 'confirm', summary.run, '--yes')).toMatchObject({
      code: 2,
      err: expect.stringMatching(new RegExp(`not the last complete one of qualys-demo: run ${later.run} is`)),
    });
    expect(await pipeline.store.records.countDocuments({ gone_at: { $exists: true } })).toBe(0);
    shrunk = { summary: later, missing };
  });

  test('are shown, and retired once, with their hosts, when the user confirms', async () => {
    const { summary, missing } = shrunk;
    expect(summary.sources['qualys-demo']).toMatchObject({ status: 'complete', gone: 0, unconfirmed: missing });
    const { store } = pipeline;
    // Hosts that only this source lists are retired. Hosts that the other source lists too are not.
    const alone = await store.hosts.countDocuments({ 'sources.source': { $ne: 'crowdstrike-demo' } });
    const unasked = await run('runs', 'confirm');
    expect(unasked).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/There is no terminal to ask for confirmation\nNothing was changed; --yes .*\n$/),
    });
    expect(unasked.err).toContain(`qualys-demo, run ${summary.run}: ${missing} of`);
    expect(unasked.err).toMatch(/\d+ hosts retired, which no other source lists:\n( {2}\S.*h[0-9a-f]{20}\n){1,20}/);
    expect(await store.records.countDocuments({ gone_at: { $exists: true } })).toBe(0);

    const { out, code } = await run(
      'runs',
      'confirm',
      summary.run,
      '--source',
      'qualys-demo',
      '--yes',
      '--by',
      'ann',
      '--json',
    );
    expect(code).toBe(0);
    const done = JSON.parse(out) as { hosts: number };
    expect(done).toMatchObject({ source: 'qualys-demo', outcome: 'confirmed', records: missing, gone: missing });
    expect(done.hosts).toBeGreaterThan(0);
    expect(done.hosts).toBeLessThan(alone);
    expect(await store.hosts.countDocuments({ retired: true })).toBe(done.hosts);
    expect(await store.records.countDocuments({ dirty: true })).toBe(0);
    const account = (await store.runs.findOne({ _id: summary.run }))!.sources['qualys-demo']!;
    expect(await store.records.countDocuments({ gone_at: account.ended_at! })).toBe(missing);
    expect(account).toMatchObject({ gone: missing, confirmed: { by: 'ann', at: expect.any(Date) as Date } });
    for (const left of ['unconfirmed', 'reason', 'remedy']) expect(account).not.toHaveProperty(left);

    const hosts = await store.hosts.find().sort({ _id: 1 }).toArray();
    expect(await run('runs', 'confirm', '--yes')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/confirmed already, by ann/),
    });
    expect(await store.hosts.find().sort({ _id: 1 }).toArray()).toEqual(hosts);
    const next = await pipeline.collect(demo);
    expect(next.sources['qualys-demo']).toMatchObject({ status: 'complete', gone: 0, new: 0 });
    expect(next.sources['qualys-demo']!.unconfirmed).toBeUndefined();
    expect(await run('runs', 'confirm')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^No retirement awaits confirmation\n/),
    });

    const again = await shrink();
    expect((await run('runs', 'confirm', '--yes')).out).toContain(
      `qualys-demo: ${again.missing} records of run ${again.summary.run} are gone\n`,
    );
  });
});
