import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { fillQueue, type Filled } from '../../simulator/logins.js';
import { createKeyRing } from '../../src/privacy/key-ring.js';
import { localClient } from '../../src/servers/queues.js';
import { createQueue, type OpenSqs } from '../../src/servers/sqs.js';
import { SEED, series } from '../support/soak.js';
import { sharedSqs } from '../support/sqs.js';
import { ChaosStack } from './stack.js';

/** Real processes, really killed, while a queue is drained: each message is a login once, or in quarantine, and gone from the queue. */

const MESSAGES = series(300, 10_000);
const share = (part: number) => Math.round(MESSAGES * part);
const folder = mkdtempSync(join(tmpdir(), 'rollcall-queue-'));
let server: OpenSqs;
let queueUrl: string;
let sent: Filled;
let stack: ChaosStack;

beforeAll(async () => {
  const keyRing = join(folder, 'keys.json');
  createKeyRing(keyRing);
  server = await sharedSqs();
  queueUrl = await createQueue(server.endpoint, 'logins', { VisibilityTimeout: '5' });
  sent = await fillQueue({ endpoint: server.endpoint, queueUrl, count: MESSAGES, seed: SEED });
  stack = await ChaosStack.open({
    hosts: 1,
    seed: 1,
    latency: 0,
    environment: {
      LOGINS_SQS_URL: queueUrl,
      // So slow that there is something left to be killed in.
      LOGINS_SQS_POLLERS: '1',
      AWS_ENDPOINT_URL_SQS: server.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ROLLCALL_KEY_RING: keyRing,
    },
  });
});
afterAll(async () => {
  await stack?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function left(): Promise<number> {
  const client = localClient(server.endpoint);
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  client.destroy();
  return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
}

test('worker and MongoDB are killed while a queue is drained: every message is there once, and none is left', async () => {
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
  expect(await left()).toBe(0);
  expect(await stack.store.logins.countDocuments()).toBe(sent.logins);
  expect(await stack.store.quarantine.countDocuments()).toBe(sent.poison + sent.notJson);
  expect((await stack.verify()).findings).toEqual([]);
});
