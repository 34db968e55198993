import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fillQueue } from '../simulator/logins.js';
import { openClient } from '../src/client.js';
import { createKeyRing } from '../src/privacy/key-ring.js';
import { createQueue, openSqs } from '../src/servers/sqs.js';
import { openStore } from '../src/store/database.js';
import { run, warmUp } from './load.js';
import { usageOf } from './process.js';
import { share } from './figures.js';
import { openWorkerStack } from './stack.js';

export interface MeasuredLogins {
  messages: number;
  floor_seconds: number;
  seconds: number;
  cpu_seconds: number;
  /** Peak memory of the worker. */
  rss_mb: number;
}

/** Measures a bare script and Rollcall on the same messages of the same queue server. */
export async function measureLogins(messages: number): Promise<MeasuredLogins> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-logins-'));
  const keyRing = join(folder, 'keys.json');
  createKeyRing(keyRing);
  const server = await openSqs({ dir: folder, notify: () => {} });
  const { endpoint } = server;
  const queue = await createQueue(endpoint, 'logins');
  const stack = await openWorkerStack({
    LOGINS_SQS_URL: queue,
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    ROLLCALL_KEY_RING: keyRing,
  });
  const client = await openClient(stack.config.temporal);
  const store = await openStore(stack.config.mongodb);
  const fill = (count: number, seed: number) => fillQueue({ endpoint, queueUrl: queue, count, seed });
  try {
    await warmUp(client, stack);
    // The queue server also compiles its code during use, so the benchmark warms it up first.
    await fill(2_000, 1);
    await run(client, stack, ['logins']);
    await fill(messages, 2);
    const script = join(__dirname, 'logins-floor.js');
    const { uri } = stack.config.mongodb;
    const { stdout } = await promisify(execFile)(process.execPath, [script, uri, endpoint, queue, String(messages)]);
    const floor = JSON.parse(stdout) as { seconds: number };
    await fill(messages, 3);
    const before = (await usageOf(stack.worker.pid!)).cpu;
    const drained = await run(client, stack, ['logins']);
    const { cpu, peakMb } = await usageOf(stack.worker.pid!);
    if (drained.status !== 'completed') throw new Error(`The run ended ${drained.status}`);
    return {
      messages,
      floor_seconds: floor.seconds,
      seconds: drained.seconds,
      cpu_seconds: cpu - before,
      rss_mb: Math.round(peakMb),
    };
  } finally {
    await store.close();
    await client.connection.close();
    await stack.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function loginsText({ messages, floor_seconds, seconds, cpu_seconds, rss_mb }: MeasuredLogins): string {
  return [
    `${messages} login messages: ${seconds.toFixed(1)} s, ${Math.round(messages / seconds)}/s, ${share(floor_seconds, seconds, 0.75)}`,
    `  bare script ${floor_seconds.toFixed(1)} s, ${Math.round(messages / floor_seconds)}/s; CPU ${cpu_seconds.toFixed(1)} s; RSS MB ${rss_mb}`,
  ].join('\n');
}
