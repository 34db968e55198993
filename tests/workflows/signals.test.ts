import { array, constantFrom, sample } from 'fast-check';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startTemporal, type RunningTemporal } from '../../src/servers/temporal.js';
import { openControlled, type Controlled, type ControlledSource } from './controlled.js';
import { eventually } from '../support/eventually.js';
import { SEED, series } from '../support/soak.js';

/** Control signals around continue-as-new, which a history as short as this server allows brings after every page or two. */
let temporal: RunningTemporal;
let controlled: Controlled;

beforeAll(async () => {
  const { path } = await locateBinary('temporal', { say: () => {} });
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
/** Lets everything through. */
const open = (source: ControlledSource) => {
  source.fetching.open();
  source.normalizing.open();
};
const account = (source: ControlledSource) => controlled.workflow(source).result();

type Send = () => Promise<unknown>;
/** The moments of a source around its first continue-as-new; each sends what it is given and lets the source go on. */
const MOMENTS: [string, (source: ControlledSource, send: Send) => Promise<void>][] = [
  [
    'while the page before it is being fetched',
    async (source, send) => {
      await source.fetching.reached;
      await send();
      open(source);
    },
  ],
  [
    'while the last normalization before it is awaited',
    async (source, send) => {
      await source.fetching.reached;
      await source.normalizing.reached;
      source.fetching.open();
      // The stretch is told of, and the history is long enough: nothing but the normalization is awaited now.
      await eventually('a page', async () => (await controlled.progress(source)).pages);
      await send();
      open(source);
    },
  ],
  [
    'in the moment it happens',
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

/** A source of three pages, held in its first page and in the normalization beside it. */
async function held(): Promise<ControlledSource> {
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
    const source = await held();
    await at(source, () => signal(source, 'stop'));
    expect(await account(source)).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining('stopped') as string,
    });
    expect(source.fetched.length).toBeLessThan(3);
  });

  test('pause holds, and resume goes on', async () => {
    const source = await held();
    await at(source, () => signal(source, 'pause'));
    await controlled.until(source, 'paused');
    const fetched = source.fetched.length;
    expect(fetched).toBeLessThan(3);
    await signal(source, 'resume');
    expect(await account(source)).toMatchObject({ status: 'complete', records: 3 });
    expect(source.fetched).toEqual([0, 1, 2]);
  });

  test('resume takes a pause back', async () => {
    const source = await held();
    await at(source, async () => {
      await signal(source, 'pause');
      await signal(source, 'resume');
    });
    expect(await account(source)).toMatchObject({ status: 'complete', records: 3 });
  });

  test('another run that wants the source hears that it is busy', async () => {
    const source = await held();
    const accounts: Promise<unknown>[] = [];
    await at(source, async () => {
      const other = await controlled.start(source);
      accounts.push(other.account());
    });
    expect(await account(source)).toMatchObject({ status: 'complete' });
    // It came too late for the first listing where it began one of its own.
    expect(['busy', 'complete']).toContain(((await accounts[0]) as { status: string }).status);
  });
});

test('a run that takes a parked source over hears what it comes to, over any number of continue-as-new', async () => {
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

/** What may happen to a source; `next` lets time pass until the source has done something or waits. */
const EVENTS = ['pause', 'resume', 'stop', 'takeOver', 'break', 'mend', 'next', 'next'] as const;

/** Sends the events to a source of its own, then resumes it, and returns what did not hold. */
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
  const tell = (name: string) =>
    signal(source, name).then(
      () => true,
      () => false,
    );
  const settle = () => new Promise((resolve) => setTimeout(resolve, 150));
  await settle();
  let stopped = false;
  for (const event of events) {
    if (event === 'break') source.broken = source.stored;
    else if (event === 'mend') source.broken = undefined;
    else if (event === 'next') await settle();
    else if (event === 'takeOver') runs.push(await controlled.start(source));
    else if (event === 'stop') stopped = (await tell('stop')) || stopped;
    else if (event === 'resume') await tell('resume');
    else if (await tell('pause')) {
      const now = () =>
        controlled.progress(source).then(
          ({ state }) => state,
          () => 'ended',
        );
      for (let state = await now(); state === 'fetching' || state === 'waiting'; state = await now()) await settle();
      if ((await now()) === 'paused') {
        const before = source.fetched.length;
        await settle();
        if (source.fetched.length !== before) broken.push('it was fetched while it was paused');
      }
    }
  }
  source.broken = undefined;
  while (await running()) {
    await tell('resume');
    await settle();
  }
  const accounts = await Promise.all(runs.map((run) => run.account()));
  for (const { status: came } of accounts) if (came === 'collecting') broken.push('a run heard no outcome');
  const last = source.closed.at(-1)!;
  if (!last.complete && !stopped) broken.push(`it ended incomplete without a stop: ${last.reason}`);
  if (last.complete && new Set(source.fetched).size !== 5) broken.push(`pages are missing: ${source.fetched.join()}`);
  return broken;
}

test('whatever comes in whatever order: stop ends, pause holds, resume goes on, and every run hears an outcome', async () => {
  const histories = sample(array(constantFrom(...EVENTS), { minLength: 2, maxLength: 8 }), {
    numRuns: series(4, 40),
    seed: SEED,
  });
  const found = await Promise.all(histories.map(async (events) => ({ events, broken: await play(events) })));
  expect(found.filter(({ broken }) => broken.length > 0)).toEqual([]);
});
