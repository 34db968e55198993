import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { fillQueue, type Filled } from '../../simulator/logins.js';
import { createKeyRing } from '../../src/privacy/key-ring.js';
import { localClient } from '../../src/servers/queues.js';
import { createQueue } from '../../src/servers/sqs.js';
import { SEED } from '../support/soak.js';
import { sharedSqs } from '../support/sqs.js';
import type { ChaosStack } from './stack.js';

/** A queue full of login events, and the variables that point a worker at it. */
export interface LoginQueue {
  sent: Filled;
  environment: Record<string, string>;
  /** The number of messages in the queue, including messages that a consumer has received and not deleted. */
  left: () => Promise<number>;
  close: () => Promise<void>;
}

/** Creates a queue and fills it. */
export async function openQueue(messages: number): Promise<LoginQueue> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-queue-'));
  const keyRing = join(folder, 'keys.json');
  createKeyRing(keyRing);
  const server = await sharedSqs();
  const { endpoint } = server;
  const queueUrl = await createQueue(endpoint, `chaos-${process.pid}`, { VisibilityTimeout: '5' });
  const sent = await fillQueue({ endpoint, queueUrl, count: messages, seed: SEED });
  return {
    sent,
    environment: {
      LOGINS_SQS_URL: queueUrl,
      // One poller is so slow that messages are left when a process is killed.
      LOGINS_SQS_POLLERS: '1',
      AWS_ENDPOINT_URL_SQS: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ROLLCALL_KEY_RING: keyRing,
    },
    async left() {
      const client = localClient(endpoint);
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      client.destroy();
      return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
    },
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Expects each message once, as a login or in quarantine, and an empty queue. */
export async function expectDrained({ store, verify }: ChaosStack, { sent, left }: LoginQueue): Promise<void> {
  expect(await left()).toBe(0);
  expect(await store.logins.countDocuments()).toBe(sent.logins);
  expect(await store.quarantine.countDocuments({ source: 'logins' })).toBe(sent.poison + sent.notJson);
  expect((await verify()).findings).toEqual([]);
}
