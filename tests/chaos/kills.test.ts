import { ChaosStack } from './stack.js';
import { expectWhole, fetched, merging, normalized } from './whole.js';

/** Real processes, really killed, one at each stage of one run; kills.soak.ts kills all of them everywhere. */
let stack: ChaosStack;
afterEach(() => stack?.close());

test('a run whose worker, MongoDB and Temporal are killed in turn loses nothing and doubles nothing', async () => {
  stack = await ChaosStack.open({ hosts: 300, seed: 11, latency: 30 });
  stack.startWorker();
  const { result } = await stack.start();
  await stack.until('pages', fetched(6));
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();
  await stack.until('records', normalized());
  await stack.killMongod();
  await stack.startMongod();
  await stack.until('more records', normalized(200));
  await stack.killTemporal();
  await stack.startTemporal();
  await stack.until('the merge', merging);
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();
  await expectWhole(stack, await result, 4);
});
