import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { eventChunks } from '../../simulator/events.js';
import { eventsInOrder } from '../../src/store/collections/events.js';
import { expectDrained, openQueue, type LoginQueue } from './queue.js';
import { ChaosStack, SOURCES } from './stack.js';
import { expectWhole, fetched, merging, normalized } from './whole.js';

/**
 * The test kills one real process at each stage of one run. The `*.soak.ts` files next to it kill every process at
 * every stage.
 */
let stack: ChaosStack;
let queue: LoginQueue;
const folder = mkdtempSync(join(tmpdir(), 'rollcall-kills-'));
const EVENTS_PATH = join(folder, 'events.jsonl');
afterEach(async () => {
  await stack?.close();
  await queue?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Expects each event once, in the order of the ids. */
async function expectInOrder(count: number): Promise<void> {
  const lines: { id: number; seq: number }[] = [];
  for await (const line of eventsInOrder(stack.store, 'events')) lines.push(JSON.parse(line) as (typeof lines)[number]);
  expect(lines.length).toBe(count);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, at) => at + 1));
  expect(lines.map(({ id }) => id)).toEqual([...new Set(lines.map(({ id }) => id))].sort((a, b) => a - b));
}

test('a run whose worker, MongoDB and Temporal are killed in turn loses and duplicates nothing', async () => {
  queue = await openQueue(200);
  await pipeline(Readable.from(eventChunks({ count: 1_000, seed: 3, spread: 2_000 })), createWriteStream(EVENTS_PATH));
  stack = await ChaosStack.open({
    hosts: 300,
    seed: 11,
    latency: 30,
    environment: { ...queue.environment, EVENTS_PATH },
  });
  stack.startWorker();
  const { result } = await stack.start([...SOURCES, 'logins', 'events']);
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
  const { logins, events, ...listings } = sources;
  expect(logins).toMatchObject({ status: 'complete' });
  await expectInOrder(events!.new);
  await expectDrained(stack, queue);
  await expectWhole(stack, { ...summary, sources: listings }, 4);
});
