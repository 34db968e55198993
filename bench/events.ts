import { execFile } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { eventChunks } from '../simulator/events.js';
import { openClient } from '../src/client.js';
import { openStore } from '../src/store/database.js';
import { run, warmUp } from './load.js';
import { usageOf } from './process.js';
import { most, share } from './figures.js';
import { openWorkerStack } from './stack.js';

export interface MeasuredEvents {
  events: number;
  floor_seconds: number;
  seconds: number;
  /** Seconds of a run that finds nothing new. */
  unchanged_seconds: number;
  cpu_seconds: number;
  /** Peak memory of the worker. */
  rss_mb: number;
}

/**
 * Measures a bare script and Rollcall on the same log of events. The events are out of order by up to 1,000 places, and one in
 * fifty is repeated.
 */
export async function measureEvents(events: number): Promise<MeasuredEvents> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-events-'));
  const file = join(folder, 'events.jsonl');
  await pipeline(Readable.from(eventChunks({ count: events, seed: 7 })), createWriteStream(file));
  const stack = await openWorkerStack({ EVENTS_PATH: file });
  const client = await openClient(stack.config.temporal);
  const store = await openStore(stack.config.mongodb);
  try {
    await warmUp(client, stack);
    const script = join(__dirname, 'events-floor.js');
    const { stdout } = await promisify(execFile)(process.execPath, [script, stack.config.mongodb.uri, file]);
    const floor = JSON.parse(stdout) as { seconds: number };
    await store.client.db('floor').dropDatabase();
    const before = (await usageOf(stack.worker.pid!)).cpu;
    const first = await run(client, stack, ['events']);
    const { cpu, peakMb } = await usageOf(stack.worker.pid!);
    const unchanged = await run(client, stack, ['events']);
    for (const { status, sources } of [first, unchanged])
      if (status !== 'completed') throw new Error(`The run ended ${status}: ${JSON.stringify(sources)}`);
    return {
      events,
      floor_seconds: floor.seconds,
      seconds: first.seconds,
      unchanged_seconds: unchanged.seconds,
      cpu_seconds: cpu - before,
      rss_mb: Math.round(peakMb),
    };
  } finally {
    await store.close();
    await client.connection.close();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function eventsText({
  events,
  floor_seconds,
  seconds,
  unchanged_seconds,
  cpu_seconds,
  rss_mb,
}: MeasuredEvents): string {
  return [
    `${events} events: ${seconds.toFixed(1)} s, ${Math.round(events / seconds)}/s, ${share(floor_seconds, seconds, 0.6)}`,
    `  bare script ${floor_seconds.toFixed(1)} s, ${Math.round(events / floor_seconds)}/s; CPU ${cpu_seconds.toFixed(1)} s`,
    `  nothing new: ${unchanged_seconds.toFixed(1)} s (${unchanged_seconds <= 2 ? 'met' : 'missed'}: ≤ 2); RSS MB ${most(rss_mb, 256)}`,
  ].join('\n');
}
