import { expectDrained, openQueue, type LoginQueue } from './queue.js';
import { ChaosStack, SOURCES } from './stack.js';
import { expectWhole, fetched, merging, normalized } from './whole.js';

/** Real processes, really killed, one at each stage of one run; kills.soak.ts and logins.soak.ts kill all of them everywhere. */
let stack: ChaosStack;
let queue: LoginQueue;
afterEach(async () => {
  await stack?.close();
  await queue?.close();
});

test('a run whose worker, MongoDB and Temporal are killed in turn loses nothing and doubles nothing', async () => {
  queue = await openQueue(200);
  stack = await ChaosStack.open({ hosts: 300, seed: 11, latency: 30, environment: queue.environment });
  stack.startWorker();
  const { result } = await stack.start([...SOURCES, 'logins']);
  await stack.until('pages', fetched(6));
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();
  await stack.until('records', normalized());
  await stack.until('logins', async ({ logins }) => (await logins.estimatedDocumentCount()) > 0);
  await stack.killMongod();
  await stack.startMongod();
  await stack.until('more records', normalized(200));
  await stack.killTemporal();
  await stack.startTemporal();
  await stack.until('the merge', merging);
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();
  const { sources, ...summary } = await result;
  const { logins, ...listings } = sources;
  expect(logins).toMatchObject({ status: 'complete' });
  await expectDrained(stack, queue);
  await expectWhole(stack, { ...summary, sources: listings }, 4);
});
