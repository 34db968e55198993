import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fillQueue } from '../../simulator/logins.js';
import { createKeyRing } from '../privacy/key-ring.js';
import { createQueue, openSqs } from '../servers/sqs.js';

export interface QueueOptions {
  logins: number;
  seed: number;
  keep?: boolean;
}

export interface DemoQueue {
  /** The environment variables with which a worker reads from the queue. */
  environment: Record<string, string>;
  pid?: number;
  stop(): Promise<void>;
}

/** Starts (or finds) a queue server, and fills a queue with login events. */
export async function openDemoQueue(
  folder: string,
  { logins, seed, keep = false }: QueueOptions,
  print: (line: string) => void,
): Promise<DemoQueue> {
  const keyRing = resolve(join(folder, 'keys.json'));
  if (!existsSync(keyRing)) createKeyRing(keyRing);
  const server = await openSqs({ dir: folder, notify: print, detached: keep });
  const queueUrl = await createQueue(server.endpoint, 'rollcall-demo-logins');
  await fillQueue({ endpoint: server.endpoint, queueUrl, count: logins, seed });
  print(`Queue: ${logins} login events at ${queueUrl}`);
  return {
    environment: {
      AWS_ENDPOINT_URL_SQS: server.endpoint,
      AWS_ACCESS_KEY_ID: process.env['AWS_ACCESS_KEY_ID'] ?? 'demo',
      AWS_SECRET_ACCESS_KEY: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'demo',
      LOGINS_SQS_URL: queueUrl,
      ROLLCALL_KEY_RING: keyRing,
    },
    ...(server.pid === undefined ? {} : { pid: server.pid }),
    stop: () => server.stop(),
  };
}
