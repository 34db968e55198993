import { setTimeout as sleep } from 'node:timers/promises';
import { SEED } from '../support/soak.js';
import { ChaosStack } from './stack.js';
import { expectWhole, fetched, merged, merging, normalized } from './whole.js';

/** The tests kill real processes at each stage of a run. `expectWhole` lists what must be true after each run. */

const HOSTS = 3_000;
let stack: ChaosStack;

afterEach(() => stack?.close());

async function open(seed: number, latency = 15): Promise<void> {
  stack = await ChaosStack.open({ hosts: HOSTS, seed: SEED + seed, latency });
}

test('a worker that is killed while fetching, normalizing and merging loses and duplicates nothing', async () => {
  await open(11);
  const { result } = await (stack.startWorker(), stack.start());
  for (const [stage, seen] of [
    ['pages', fetched(40)],
    ['records', normalized()],
    ['the merge', merging],
  ] as const) {
    await stack.until(stage, seen);
    await stack.killWorker(stack.workers.at(-1)!);
    stack.startWorker();
  }
  await expectWhole(stack, await result, 3);
});

test('a worker that is killed between two merge batches leaves each record in one host', async () => {
  await open(12, 0);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('hosts', merged);
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();
  await expectWhole(stack, await result, 1);
});

test('the run waits for a mongod that is killed twice, and keeps acknowledged writes', async () => {
  await open(13);
  const { result } = await (stack.startWorker(), stack.start());
  for (const [stage, seen] of [
    ['pages', fetched(60)],
    ['records', normalized()],
  ] as const) {
    await stack.until(stage, seen);
    await stack.killMongod();
    await sleep(500);
    await stack.startMongod();
  }
  await expectWhole(stack, await result, 2);
});

test('a Temporal server that is killed during a run continues the same run', async () => {
  await open(14);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('pages', fetched(60));
  await stack.killTemporal();
  await sleep(500);
  await stack.startTemporal();
  await expectWhole(stack, await result, 1);
});

test('the same run completes after all processes were killed at once and started again', async () => {
  await open(15);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('records', normalized());
  await Promise.all([stack.killWorker(stack.workers[0]!), stack.killTemporal(), stack.killMongod()]);
  await Promise.all([stack.startMongod(), stack.startTemporal()]);
  stack.startWorker();
  await expectWhole(stack, await result, 1);
});

test('a worker that is stopped longer than its heartbeats and continues late changes nothing', async () => {
  await open(16);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('records', normalized());
  const stopped = stack.workers[0]!;
  stopped.kill('SIGSTOP');
  stack.startWorker();
  // This is longer than the heartbeat timeout.
  await sleep(2 * stack.config.timings.heartbeatMs);
  stopped.kill('SIGCONT');
  // The stopped worker sends one more request before Temporal reports that its attempt is over.
  await expectWhole(stack, await result, 2);
});
