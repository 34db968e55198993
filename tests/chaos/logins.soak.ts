import { expectDrained, openQueue, type LoginQueue } from './queue.js';
import { ChaosStack } from './stack.js';

/** The test kills real processes while a run drains a queue. */

const MESSAGES = 10_000;
const share = (part: number) => Math.round(MESSAGES * part);
let queue: LoginQueue;
let stack: ChaosStack;

beforeAll(async () => {
  queue = await openQueue(MESSAGES);
  stack = await ChaosStack.open({ hosts: 1, seed: 1, latency: 0, environment: queue.environment });
});
afterAll(async () => {
  await stack?.close();
  await queue?.close();
});

test('when the worker and MongoDB are killed while a queue is drained, every message is stored once and none is left', async () => {
  const stored = (count: number) => async () => (await stack.store.logins.estimatedDocumentCount()) >= count;
  const worker = stack.startWorker();
  const { result } = await stack.start(['logins']);
  await stack.until('the first logins', stored(share(0.03)));
  await stack.killWorker(worker);
  stack.startWorker();
  await stack.until('more logins', stored(share(0.33)));
  await stack.killMongod();
  await stack.startMongod();
  await stack.until('most logins', stored(share(0.66)));
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();

  const { sources } = await result;
  expect(sources['logins']).toMatchObject({ status: 'complete' });
  await expectDrained(stack, queue);
});
