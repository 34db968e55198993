import { array, constantFrom, sample } from 'fast-check';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startTemporal, type RunningTemporal } from '../../src/servers/temporal.js';
import { openControlled, type Controlled, type ControlledSource } from './controlled.js';
import { eventually } from '../support/eventually.js';
import { SEED, series } from '../support/soak.js';

/** Control signals around continue-as-new. This server limits the history, so a source continues as new after every page or two. */
let temporal: RunningTemporal;
let controlled: Controlled;

beforeAll(async () => {
  const { path } = await locateBinary('temporal', { notify: () => {} });
  temporal = await startTemporal({
    binary: path,
    headless: true,
    dynamicConfig: {
      'limit.historyCount.suggestContinueAsNew': '8',
      'history.workflowIdReuseMinimalInterval': '"0s"',
    },
  });
  controlled = await openControlled(temporal.address);
});
afterAll(async () => {
  await controlled?.close();
  await temporal?.stop();
});

const signal = (source: ControlledSource, name: string) => controlled.workflow(source).signal(name);
/** Opens both gates. */
const open = (source: ControlledSource) => {
  source.fetching.open();
  source.normalizing.open();
};
const account = (source: ControlledSource) => controlled.workflow(source).result();

type Send = () => Promise<unknown>;
/** Moments around the first continue-as-new of a source. Each one calls `send` and then lets the source continue. */
const MOMENTS: [string, (source: ControlledSource, send: Send) => Promise<void>][] = [
  [
    'while the page before continue-as-new is fetched',
    async (source, send) => {
      await source.fetching.reached;
      await send();
      open(source);
    },
  ],
  [
    'while the workflow waits for the last normalization before continue-as-new',
    async (source, send) => {
      await source.fetching.reached;
      await source.normalizing.reached;
      source.fetching.open();
      // The workflow has the result of the batch, and the history is long enough: now it waits only for the normalization.
      await eventually('a page', async () => (await controlled.progress(source)).pages);
      await send();
      open(source);
    },
  ],
  [
    'at the moment of continue-as-new',
    async (source, send) => {
      await source.fetching.reached;
      await source.normalizing.reached;
      source.fetching.open();
      await eventually('a page', async () => (await controlled.progress(source)).pages);
      source.normalizing.open();
      await send();
      open(source);
    },
  ],
];

/** Starts a source of three pages that waits in the fetch of its first page and in the parallel normalization. */
async function gatedSource(): Promise<ControlledSource> {
  const source = controlled.source(3);
  source.fetching.close();
  source.normalizing.close();
  await controlled.start(source);
  return source;
}

async function executions(source: ControlledSource): Promise<number> {
  const { workflowId } = controlled.workflow(source);
  const { executions: found } = await controlled.client.workflowService.listWorkflowExecutions({
    namespace: 'default',
    query: `WorkflowId = "${workflowId}"`,
  });
  return found?.length ?? 0;
}

describe.each(MOMENTS)('a signal sent %s', (_when, at) => {
  test('stop ends the listing', async () => {
    const source = await gatedSource();
    await at(source, () => signal(source, 'stop'));
    expect(await account(source)).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining('stopped') as string,
    });
    expect(source.fetched.length).toBeLessThan(3);
  });

  test('pause stops fetching, and resume continues it', async () => {
    const source = await gatedSource();
    await at(source, () => signal(source, 'pause'));
    await controlled.until(source, 'paused');
    const fetched = source.fetched.length;
    expect(fetched).toBeLessThan(3);
    await signal(source, 'resume');
    expect(await account(source)).toMatchObject({ status: 'complete', records: 3 });
    expect(source.fetched).toEqual([0, 1, 2]);
  });

  test('resume cancels a pause', async () => {
    const source = await gatedSource();
    await at(source, async () => {
      await signal(source, 'pause');
      await signal(source, 'resume');
    });
    expect(await account(source)).toMatchObject({ status: 'complete', records: 3 });
  });

  test('another run of the source gets the status busy', async () => {
    const source = await gatedSource();
    const accounts: Promise<unknown>[] = [];
    await at(source, async () => {
      const other = await controlled.start(source);
      accounts.push(other.account());
    });
    expect(await account(source)).toMatchObject({ status: 'complete' });
    // If the other run came too late for the first listing, it began its own listing.
    expect(['busy', 'complete']).toContain(((await accounts[0]) as { status: string }).status);
  });
});

test('a run that takes over a parked source gets its outcome, over any number of continue-as-new', async () => {
  const source = controlled.source(6);
  source.broken = 1;
  const first = await controlled.start(source);
  expect(await first.account()).toMatchObject({ status: 'partial', parked: true });
  await controlled.until(source, 'parked');
  source.broken = undefined;
  const second = await controlled.start(source);
  expect(await second.account()).toMatchObject({
    status: 'complete',
    records: 6,
    listing: expect.any(String) as string,
  });
  expect(source.fetched).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await executions(source)).toBeGreaterThan(2);
});

/** Events of a source. `next` waits until the source has done something or waits itself. */
const EVENTS = ['pause', 'resume', 'stop', 'takeOver', 'break', 'mend', 'next', 'next'] as const;

/** Sends the events to a new source, then resumes it, and returns the violated expectations. */
async function play(events: readonly (typeof EVENTS)[number][]): Promise<string[]> {
  const source = controlled.source(5);
  const broken: string[] = [];
  const runs = [await controlled.start(source)];
  const status = async () =>
    (
      await controlled
        .workflow(source)
        .describe()
        .catch(() => undefined)
    )?.status.name;
  const running = async () => (await status()) === 'RUNNING';
  const sendSignal = (name: string) =>
    signal(source, name).then(
      () => true,
      () => false,
    );
  const wait = () => new Promise((resolve) => setTimeout(resolve, 150));
  await wait();
  let stopped = false;
  for (const event of events) {
    if (event === 'break') source.broken = source.stored;
    else if (event === 'mend') source.broken = undefined;
    else if (event === 'next') await wait();
    else if (event === 'takeOver') runs.push(await controlled.start(source));
    else if (event === 'stop') stopped = (await sendSignal('stop')) || stopped;
    else if (event === 'resume') await sendSignal('resume');
    else if (await sendSignal('pause')) {
      const now = () =>
        controlled.progress(source).then(
          ({ state }) => state,
          () => 'ended',
        );
      for (let state = await now(); state === 'fetching' || state === 'waiting'; state = await now()) await wait();
      if ((await now()) === 'paused') {
        const before = source.fetched.length;
        await wait();
        if (source.fetched.length !== before) broken.push('it was fetched while it was paused');
      }
    }
  }
  source.broken = undefined;
  while (await running()) {
    await sendSignal('resume');
    await wait();
  }
  const accounts = await Promise.all(runs.map((run) => run.account()));
  for (const { status: outcome } of accounts) if (outcome === 'collecting') broken.push('a run got no outcome');
  const last = source.closed.at(-1)!;
  if (!last.complete && !stopped) broken.push(`it ended incomplete without a stop: ${last.reason}`);
  if (last.complete && new Set(source.fetched).size !== 5) broken.push(`pages are missing: ${source.fetched.join()}`);
  return broken;
}

test('after any events in any order stop ends, pause stops fetching, resume continues, and every run gets an outcome', async () => {
  const histories = sample(array(constantFrom(...EVENTS), { minLength: 2, maxLength: 8 }), {
    numRuns: series(2, 40),
    seed: SEED,
  });
  const found = await Promise.all(histories.map(async (events) => ({ events, broken: await play(events) })));
  expect(found.filter(({ broken }) => broken.length > 0)).toEqual([]);
});
