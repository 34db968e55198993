import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventsInOrder, traceEvent } from '../../src/store/collections/events.js';
import { lineOf } from '../../src/store/collections/quarantine.js';
import type { SourceAccount } from '../../src/model/run.js';
import { verify } from '../../src/cli/commands/verify.js';
import { eventually } from '../support/eventually.js';
import { openPipeline, summaryOf, type Pipeline } from '../support/pipeline.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-events-'));
const file = join(folder, 'events.jsonl');
let pipeline: Pipeline;

beforeAll(async () => {
  pipeline = await openPipeline({ EVENTS_PATH: file, ROLLCALL_HEARTBEAT_SECONDS: '3' });
});
beforeEach(() => {
  rmSync(file, { force: true });
  writeFileSync(file, '');
});
afterEach(() => pipeline.empty());
afterAll(async () => {
  await pipeline?.close();
  rmSync(folder, { recursive: true, force: true });
});

const event = (id: number | string, category = 'a', value = 1, more = {}) =>
  `${JSON.stringify({ id, category, value, ...more })}\n`;

async function collect(): Promise<SourceAccount> {
  const summary = await pipeline.collect({ sources: ['events'] });
  return summary.sources['events']!;
}

async function delivered(): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  for await (const line of eventsInOrder(pipeline.store, 'events'))
    lines.push(JSON.parse(line) as Record<string, unknown>);
  return lines;
}

const reasons = async () =>
  (await pipeline.store.quarantine.find().sort({ row: 1 }).toArray()).map(({ reason }) => reason);

test('events are delivered in the order of their ids, each once; invalid and contradicting lines go to quarantine with a reason', async () => {
  writeFileSync(
    file,
    [
      event(10, 'a', 5),
      event(2, 'b', 7),
      'not json\n',
      event(1, 'a', -1.5),
      event(2, 'b', 7),
      event(2, 'b', 8),
      event('x'),
      '{"id": 3, "category": "a"}\n',
    ].join(''),
  );
  expect(await collect()).toMatchObject({ status: 'complete', new: 4, unchanged: 1, quarantined: 3, records: 8 });
  expect(await delivered()).toEqual([
    { seq: 1, id: 1, category: 'a', value: -1.5 },
    { seq: 2, id: 2, category: 'b', value: 7 },
    { seq: 3, id: 10, category: 'a', value: 5 },
    { seq: 4, id: 'x', category: 'a', value: 1 },
  ]);
  expect(await pipeline.store.eventCategories.find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: { source: 'events', category: 'a' }, count: 3, sum: 4.5, min: -1.5, max: 5, distinct: 3 },
    { _id: { source: 'events', category: 'b' }, count: 1, sum: 7, min: 7, max: 7, distinct: 1 },
  ]);
  expect(await reasons()).toEqual([
    'the line is not JSON',
    'the id was delivered before with other content',
    'value is missing',
  ]);
  const waiting = await pipeline.store.quarantine.find().sort({ row: 1 }).toArray();
  expect(waiting.map(lineOf)).toEqual([3, 6, 8].map((line) => `line ${line} of events.jsonl`));
  expect((await verify(pipeline.config, '')).findings).toEqual([]);
});

test('an event can be traced to its row, whatever its id is', async () => {
  const large = '9007199254740993';
  writeFileSync(file, event(7) + event(10, 'a', 5) + event(1).replace('"id":1', `"id":${large}`));
  await collect();
  const trace = (id: string) => traceEvent(pipeline.store, 'events', id);
  expect(await trace('10')).toMatchObject({
    event: { category: 'a', value: 5, seq: 2, row: 1 },
    page: { source: 'events' },
  });
  expect(await trace(large)).toMatchObject({ event: { seq: 3, row: 2 } });
  for (const id of ['9007199254740992', '11', 'x']) expect(await trace(id)).toBeNull();
  await pipeline.store.pages.deleteMany({});
  expect((await trace('7'))!.page).toBeUndefined();

  await pipeline.store.db.dropDatabase();
  writeFileSync(file, event('007') + event('7a'));
  await collect();
  expect(await trace('007')).toMatchObject({ event: { seq: 1, row: 0 } });
  expect(await trace('7')).toBeNull();
});

test('a second run reads the appended lines, recognizes earlier events, and changes nothing without new lines', async () => {
  writeFileSync(file, event(1) + event(5));
  expect(await collect()).toMatchObject({ status: 'complete', new: 2, pages: 1 });
  appendFileSync(file, event(3) + event(5) + event(1, 'other'));
  expect(await collect()).toMatchObject({ status: 'complete', new: 1, unchanged: 1, quarantined: 1, records: 3 });
  expect((await delivered()).map(({ id, seq }) => [id, seq])).toEqual([
    [1, 1],
    [3, 3],
    [5, 2],
  ]);
  const before = await pipeline.store.events.find().toArray();
  expect(await collect()).toMatchObject({ status: 'complete', new: 0, unchanged: 0, quarantined: 0, records: 0 });
  expect(await pipeline.store.events.find().toArray()).toEqual(before);
});

test('a last line that is cut off goes to quarantine, and is read when it is complete', async () => {
  writeFileSync(file, `${event(1)}{"id": 2, "cat`);
  expect(await collect()).toMatchObject({ new: 1, quarantined: 1 });
  expect(await reasons()).toEqual(['the last line is cut off']);
  appendFileSync(file, 'egory": "a", "value": 3}\n');
  expect(await collect()).toMatchObject({ new: 1, quarantined: 0 });
  expect(await reasons()).toEqual([]);
  expect((await delivered()).map(({ id }) => id)).toEqual([1, 2]);
});

test('a truncated or replaced file is read again with a warning, and no event is duplicated', async () => {
  writeFileSync(file, event(1) + event(2) + event(3));
  await collect();
  truncateSync(file, event(1).length);
  expect(await collect()).toMatchObject({
    status: 'complete',
    new: 0,
    unchanged: 1,
    warnings: [expect.stringContaining('truncated')],
  });
  writeFileSync(file, event(7) + event(1) + event(2) + event(8));
  expect(await collect()).toMatchObject({
    new: 2,
    unchanged: 2,
    warnings: [expect.stringMatching(/replaced|another/)],
  });
  expect((await delivered()).map(({ id }) => id)).toEqual([1, 2, 3, 7, 8]);
});

test('keys with a meaning in databases or JavaScript are stored as data', async () => {
  const odd =
    '{"id": "a", "category": "$where", "value": 1, "$set": {"x.y": 1}, "a.b": 2, "__proto__": {"polluted": true}}\n';
  writeFileSync(file, odd + odd + event('b', '__proto__', 2) + event('c', 'a.b', 2));
  expect(await collect()).toMatchObject({ status: 'complete', new: 3, unchanged: 1, quarantined: 0 });
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  const stored = await pipeline.store.events.find().sort({ _id: 1 }).toArray();
  expect(Object.keys(stored[0]!.more!).sort()).toEqual(['$set', '__proto__', 'a.b']);
  expect(
    (await pipeline.store.eventCategories.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id.category),
  ).toEqual(['$where', '__proto__', 'a.b']);
});

test('ids beyond 2^53 keep their digits, text is ordered by code point', async () => {
  writeFileSync(
    file,
    '{"id": 9007199254740993, "category": "a", "value": 1}\n{"id": 9007199254740992, "category": "a", "value": 2}\n' +
      '{"id": 9007199254740993, "category": "a", "value": 1}\n{"id": 18446744073709551616, "category": "a", "value": 1}\n',
  );
  expect(await collect()).toMatchObject({ new: 2, unchanged: 1, quarantined: 1 });
  const lines: string[] = [];
  for await (const line of eventsInOrder(pipeline.store, 'events')) lines.push(line);
  expect(lines.map((line) => /"id":(\d+)/.exec(line)![1])).toEqual(['9007199254740992', '9007199254740993']);
});

test('a run that follows a file delivers events as they are written, until it gets the signal stop', async () => {
  writeFileSync(file, event(2));
  const { handle } = await pipeline.start({ sources: ['events'], follow: true });
  const until = async (count: number) => {
    await eventually(
      `${count} events`,
      () => pipeline.store.events.countDocuments(),
      (there) => there === count,
    );
  };
  await until(1);
  appendFileSync(file, `${event(1)}{"id": 3, "category"`);
  await until(2);
  appendFileSync(file, `: "a", "value": 1}\n`);
  await until(3);
  await handle.signal('stop');
  appendFileSync(file, event(4));
  const summary = await summaryOf(handle.result());
  expect(summary.sources['events']).toMatchObject({ status: 'complete', quarantined: 0 });
  await collect();
  expect((await delivered()).map(({ id, seq }) => [id, seq])).toEqual([
    [1, 2],
    [2, 1],
    [3, 3],
    [4, 4],
  ]);
});
