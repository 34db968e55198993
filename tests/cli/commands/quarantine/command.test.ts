import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Config } from '../../../../src/config.js';
import { loadInOrder } from '../../../../src/events/load.js';
import { normalize } from '../../../../src/normalize/normalize.js';
import type { Normalized } from '../../../../src/normalize/normalized.js';
import { openNormalizerContext } from '../../../../src/normalize/context.js';
import { loadSources } from '../../../../src/sources/loading/registry.js';
import { openStore, type Store } from '../../../../src/store/database.js';
import { mergeChanged } from '../../../../src/merge/drain.js';
import { eventsInOrder } from '../../../../src/store/collections/events.js';
import { appendPage } from '../../../../src/store/collections/pages.js';
import { freshRing, keysOf } from '../../../privacy/rings.js';
import { dropStore, emptyStore } from '../../../support/store.js';
import { type Ran, runProgram } from '../../../support/program.js';

/**
 * The real normalizer reads stored pages with a source file that a user corrects. The commands run in the compiled
 * program.
 */

const dir = mkdtempSync(join(tmpdir(), 'rollcall-quarantine-'));
const folder = join(dir, 'sources');
const ring = freshRing();
const signal = new AbortController().signal;
let store: Store;
let config: Config;
let environment: Record<string, string>;

beforeAll(async () => {
  environment = {
    MONGODB_URI: process.env['ROLLCALL_TEST_MONGODB_URI']!,
    MONGODB_DATABASE: `q${randomUUID().slice(0, 8)}`,
    ROLLCALL_SOURCES: folder,
    ROLLCALL_KEY_RING: ring,
  };
  config = loadConfig(environment);
  store = await openStore(config.mongodb);
});
beforeEach(() => mkdirSync(folder, { recursive: true }));
afterEach(async () => {
  await emptyStore(store);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(async () => {
  await dropStore(store);
  rmSync(dir, { recursive: true, force: true });
});

function run(args: string[], more: Record<string, string> = {}): Promise<Ran> {
  const env = { ...environment, ...more };
  return runProgram(['quarantine', ...args], { cwd: dir, env });
}

const lines = (out: string) =>
  out
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as any);

/** Writes a source file with `body` as its map(raw). */
function writeSource(name: string, dataset: string, body: string, { records = 'hosts', jsonl = false } = {}): void {
  const input = jsonl
    ? `jsonlInput({ source: '${name}', path: '/nowhere' })`
    : `httpInput({ source: '${name}', base: 'https://fleet.invalid', auth: header('x-key', 'y'), paging: offset({ limit: 10, concurrency: 1 }),
        request: () => ({ method: 'GET', path: '/' }), envelope: { records: '${records}' } })`;
  writeFileSync(
    join(folder, `${name}.ts`),
    `import { defineSource, header, httpInput, httpRows, offset, RecordRejected } from 'rollcall';
     import { observation } from 'rollcall/mapping';
     ${jsonl ? "import { jsonlInput, jsonlRows } from 'rollcall/jsonl';" : ''}
     export default defineSource({
       name: '${name}', vendor: 'fleet', dataset: '${dataset}', docs: 'https://fleet.invalid/docs', settings: {},
       listing: '${jsonl ? 'append' : 'full'}', mapping: 1,
       input: () => ${input}, decode: ${jsonl ? 'jsonlRows()' : `httpRows({ records: '${records}' })`},
       map(raw: any) { ${body} },
     });`,
  );
}

const HOST = `return { id: raw.id, observation: observation({ class: 'machine', device: { hostname: raw.name, hw_info: { serial_number: raw.serial } } }) };`;
/** Rejects a serial that is a number. The rejection has the record's id when there is one. */
const STRICT = `if (raw.id === undefined) throw new RecordRejected('id is missing');
  if (typeof raw.serial !== 'string') throw new RecordRejected('serial is not text', raw.id); ${HOST}`;
const LENIENT = `const id = raw.id ?? raw.uuid; if (id === undefined) throw new RecordRejected('neither id nor uuid');
  raw = { ...raw, id, serial: String(raw.serial) }; ${HOST}`;

let tick = 0;
/** Stores a page with one or more rows, as a fetch does. */
async function page(source: string, of: string, body: string, rows: number, { seq = 0, sealed = false } = {}) {
  const bytes = Buffer.from(body);
  const { page } = await appendPage(
    store,
    of,
    source,
    seq,
    {
      cursor: { at: seq, ...(source === 'log' && { file: 'log.jsonl', line: 500 }) },
      next: null,
      body: bytes,
      mediaType: 'application/json',
      digest: createHash('sha256').update(bytes).digest('hex'),
      status: 200,
      fetchedAt: new Date(Date.UTC(2026, 0, 1, 0, (tick += 1))),
      rows,
    },
    sealed ? keysOf(ring) : undefined,
  );
  return page;
}
const hosts = (of: string, rows: unknown[], seq = 0) =>
  page('fleet', of, JSON.stringify({ hosts: rows }), rows.length, { seq });

/** Normalizes the pages of a run as a worker does, with the current source files. */
async function read(source: string, of: string, as = of): Promise<Normalized> {
  const sources = loadSources({ folders: [folder] });
  const reading = openNormalizerContext(config, store, sources);
  const input = { run: as, source, from: 0, pages: of };
  const ordered = sources.get(source).dataset === 'events';
  const done = ordered
    ? await loadInOrder(reading, input, { signal, onPage() {} })
    : await normalize(reading, { ...input, follow: false }, { rows: 1_000, waitMs: 0, signal, onPage() {} });
  await mergeChanged(store, { holder: 'test', run: as });
  return done;
}

const good = { id: 'a', name: 'web-01', serial: 'C02F60U4Q05N' };
const bad = { id: 'b', name: 'web-02', serial: 12_345_678 };
const nameless = { uuid: 'c', name: 'web-03', serial: 'C02F60U4Q05X' };
const waiting = () => store.quarantine.find().sort({ _id: 1 }).toArray();
const hostnames = async () =>
  (await store.hosts.find().toArray()).map(({ device }) => device?.hostname ?? '').toSorted();

test('rejected records are listed by reason, and a retry after a fix makes them records and hosts', async () => {
  writeSource('fleet', 'hosts', STRICT);
  const { _id } = await hosts('r1', [good, bad, nameless]);
  await read('fleet', 'r1');

  const listed = await run(['list']);
  expect(listed.code).toBe(0);
  expect(listed.out).toMatch(/fleet +│ id is missing +│ +1 │.*r1\/fleet\/[0-9a-f]{16}#2/);
  expect(listed.out).toMatch(/fleet +│ serial is not text +│ +1 │.*fleet:b/);
  expect(listed.out).toMatch(/2 records in quarantine\n$/);
  expect(lines((await run(['list', '--reason', 'NOT TEXT', '--json'])).out)).toEqual([
    {
      source: 'fleet',
      reason: 'serial is not text',
      records: 1,
      times: 1,
      first_at: expect.any(String),
      last_at: expect.any(String),
      example: 'fleet:b',
    },
  ]);
  expect(lines((await run(['list', '--records', '--json'])).out).map((entry) => entry._id)).toEqual([
    'fleet:b',
    `${_id}#2`,
  ]);

  const shown = await run(['show', 'fleet:b']);
  expect(shown.out).toMatch(/reason +serial is not text\n +came +on 1 page, first 2026-01-01T/);
  expect(shown.out).toMatch(/row 1 of page 0 of run r1, bytes \d+ to \d+ of \d+/);
  expect(shown.out).toContain('{\n  "id": "b",\n  "name": "web-02",\n  "serial": 12345678\n}');
  expect(shown.out).toMatch(
    /correct the source file.*\n +npm run rollcall -- quarantine retry fleet:b\n.*docs\/failures\.md/,
  );
  expect(lines((await run(['show', `${_id}#2`, '--json'])).out)[0]).toMatchObject({
    row: 2,
    page: _id,
    raw: JSON.stringify(nameless),
  });

  const early = await run(['retry', '--all']);
  expect(early).toMatchObject({ code: 4, out: expect.stringMatching(/^0 records read\n/) });
  expect(early.out).toMatch(/1 record of fleet still not readable: serial is not text/);
  expect((await waiting()).map(({ count }) => count)).toEqual([1, 1]);

  writeSource('fleet', 'hosts', LENIENT.replace("throw new RecordRejected('neither", "throw new RecordRejected('no"));
  expect(await run(['retry', 'fleet:b', '--json'])).toMatchObject({ code: 0 });
  expect((await waiting()).map(({ _id: id }) => id)).toEqual([`${_id}#2`]);
  const { code, out } = await run(['retry', '--source', 'fleet']);
  expect({ code, out }).toEqual({
    code: 0,
    out: '1 record read: 1 new, 0 changed, 0 unchanged\n1 merged: 1 hosts new, 0 changed\n',
  });
  expect(await waiting()).toEqual([]);
  expect(await hostnames()).toEqual(['web-01', 'web-02', 'web-03']);
  // The record is the same as if it had been normalized when the page arrived.
  const stored = (await store.pages.findOne({ _id }))!;
  expect(await store.records.findOne({ _id: 'fleet:c' })).toMatchObject({
    page: _id,
    row: 2,
    run: 'r1',
    observed_at: stored.fetched_at,
  });
  expect(stored.outcome!.rejected_ids.toSorted()).toEqual(['b', 'c']);
  expect(await run(['retry', '--all'])).toMatchObject({ code: 0, out: 'No matching records are in quarantine\n' });
  expect((await run(['list'])).out).toBe('Nothing is in quarantine\n');
});

test('a retry reads only the rows in quarantine, and an older page never replaces a newer one', async () => {
  writeSource('fleet', 'hosts', STRICT);
  await hosts('r1', [good, bad]);
  await read('fleet', 'r1');
  await hosts('r2', [{ ...bad, name: 'renamed', serial: 'C02F60U4Q05Z' }]);
  await read('fleet', 'r2');
  expect(await waiting()).toEqual([]); // the normalizer removed it
  await read('fleet', 'r1', 'replay');
  writeSource(
    'fleet',
    'hosts',
    LENIENT.replace('raw.name', 'raw.name + "-x"').replace(HOST, HOST.replace('raw.name', 'raw.name + "-x"')),
  );
  expect((await run(['retry', '--all'])).code).toBe(0);
  expect(await hostnames()).toEqual(['renamed', 'web-01']);
});

test('a record is counted once a page, however often the page is read', async () => {
  writeSource('fleet', 'hosts', STRICT);
  await hosts('r1', [bad]);
  for (const as of ['r1', 'replay-1', 'replay-2']) await read('fleet', 'r1', as);
  expect(await waiting()).toMatchObject([{ count: 1 }]);
  const second = await hosts('r2', [{ ...bad, name: 'b2' }]);
  await read('fleet', 'r2');
  // A later replay of an older page changes neither the count nor the page of the entry.
  await read('fleet', 'r1', 'replay-3');
  const [entry] = await waiting();
  expect(entry).toMatchObject({ count: 2, page: second._id, run: 'r2', last_at: second.fetched_at });
  expect(entry!.first_at < entry!.last_at).toBe(true);
  expect((await run(['show', 'fleet:b'])).out).toMatch(/came +on 2 pages/);
});

test('a retry of an erased row removes its entry and creates no record', async () => {
  writeSource('fleet', 'hosts', STRICT);
  const { digest, bytes, _id } = await hosts('r1', [bad]);
  await read('fleet', 'r1');
  const text = '{"hosts":[{"rollcall-erased":1}]}';
  const blank = await page('fleet', 'r2', text, 1);
  await store.bodies.deleteMany({ _id: { $regex: `^${digest}` } });
  await store.pages.updateOne({ _id }, { $set: { digest: blank.digest, bytes: blank.bytes } });
  expect(bytes).toBeGreaterThan(blank.bytes);
  expect(await run(['retry', '--all'])).toMatchObject({ code: 0, out: '0 records read\n' });
  expect(await waiting()).toEqual([]);
});

test('an entry of a newer page stays when an older page, where the record is valid, is replayed', async () => {
  writeSource('fleet', 'hosts', STRICT);
  await hosts('r1', [{ ...bad, serial: 'C02F60U4Q05Z' }]);
  await read('fleet', 'r1');
  const newer = await hosts('r2', [bad]);
  await read('fleet', 'r2');
  await read('fleet', 'r1', 'replay');
  expect(await waiting()).toMatchObject([{ _id: 'fleet:b', page: newer._id }]);
});

test('a page that cannot be read is retried as a whole; then each rejected row has its own entry', async () => {
  writeSource('fleet', 'hosts', STRICT, { records: 'items' });
  const { _id } = await hosts('r1', [bad, good]);
  await read('fleet', 'r1');
  expect((await waiting()).map(({ _id: id }) => id)).toEqual([`${_id}#0`]);
  expect((await run(['show', `${_id}#0`])).out).toMatch(/place +page 0 of run r1, all of its \d+ bytes/);
  expect((await run(['retry', `${_id}#0`])).code).toBe(4);

  writeSource('fleet', 'hosts', STRICT);
  const partly = await run(['retry', `${_id}#0`, '--json']);
  expect(partly.code).toBe(4);
  expect(JSON.parse(partly.out)).toEqual({
    pages: 1,
    new: 1,
    changed: 0,
    unchanged: 0,
    failing: [{ source: 'fleet', reason: 'serial is not text', records: 1 }],
    merged: { records: 1, created: 1, changed: 0, removed: 0 },
  });
  expect((await waiting()).map(({ _id: id }) => id)).toEqual(['fleet:b']);
});

test('a record that a later run or a replay normalizes leaves quarantine', async () => {
  writeSource('fleet', 'hosts', STRICT, { records: 'items' });
  await hosts('r1', [bad, nameless]);
  await read('fleet', 'r1');
  writeSource('fleet', 'hosts', STRICT);
  await read('fleet', 'r1', 'replay');
  expect((await waiting()).map(({ reason }) => reason).toSorted()).toEqual(['id is missing', 'serial is not text']);
  writeSource('fleet', 'hosts', LENIENT);
  await read('fleet', 'r1', 'replay-2');
  expect(await waiting()).toEqual([]);
  expect(await hostnames()).toEqual(['web-02', 'web-03']);
});

test('a missing page or source file is reported, and the entry is kept', async () => {
  writeSource('fleet', 'hosts', STRICT);
  const { _id, digest } = await hosts('r1', [bad]);
  await read('fleet', 'r1');
  await store.bodies.deleteMany({ _id: { $regex: `^${digest}` } });
  writeSource('fleet', 'hosts', LENIENT);
  expect(await run(['retry', '--all'])).toMatchObject({ code: 4, out: expect.stringContaining('body is missing') });
  expect((await run(['show', 'fleet:b'])).out).toContain('It is not stored any more');
  await store.pages.deleteOne({ _id });
  expect((await run(['retry', '--all'])).out).toContain('the stored page is missing');
  rmSync(join(folder, 'fleet.ts'));
  expect((await run(['retry', '--all'])).out).toContain('no source file declares this source');
  expect(await waiting()).toMatchObject([{ _id: 'fleet:b', reason: 'serial is not text' }]);
});

test('drop asks for confirmation, stores who and why, and keeps the raw page; a record that is listed again returns', async () => {
  writeSource('fleet', 'hosts', STRICT);
  await hosts('r1', [bad, nameless]);
  await read('fleet', 'r1');
  expect(await run(['drop', '--all', '--why', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
  expect((await run(['drop', '--all', '--yes'])).code).toBe(2); // no reason given
  expect((await run(['drop', '--why', 'x', '--yes'])).err).toContain('--source, --reason or --all');
  expect(await run(['drop', 'fleet:b', 'fleet:z', '--why', 'x', '--yes'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('fleet:z is not in quarantine'),
  });
  expect(await store.quarantine.countDocuments()).toBe(2);
  expect(await store.audit.countDocuments()).toBe(0);

  const dropped = await run([
    'drop',
    '--source',
    'fleet',
    '--reason',
    'serial',
    '--why',
    'scrap',
    '--by',
    'ann',
    '--yes',
  ]);
  expect(dropped).toMatchObject({ code: 0, out: expect.stringMatching(/^1 record dropped; .*comes back\n$/) });
  expect((await waiting()).map(({ reason }) => reason)).toEqual(['id is missing']);
  expect(await store.audit.find().toArray()).toMatchObject([
    { action: 'drop', by: 'ann', why: 'scrap', count: 1, collection: 'quarantine', of: ['fleet:b'] },
  ]);
  expect(await store.bodies.countDocuments()).toBe(1);
  await hosts('r2', [{ ...bad, name: 'again' }]);
  await read('fleet', 'r2');
  expect((await waiting()).map(({ _id: id }) => id)).toContain('fleet:b');
});

test('personal data is shown only with a reason, and masked when it is retried', async () => {
  const login = `return { id: raw.id, observation: { user_id: 'u', device_type: 'ios', ip: raw.ip, device_id: raw.device, locale: null,
    app_version: '1.0', create_date: new Date('2026-01-01') } };`;
  writeSource('signins', 'logins', `throw new RecordRejected('not yet', raw.id);`);
  const raw = { id: 'm1', ip: '198.51.100.7', device: 'device-7' };
  await page('signins', 'r1', JSON.stringify({ hosts: [raw] }), 1, { sealed: true });
  await read('signins', 'r1');

  for (const args of [[], ['--json']]) {
    const closed = await run(['show', 'signins:m1', ...args]);
    expect(closed.code).toBe(0);
    expect(closed.out).not.toMatch(/198\.51|device-7/);
  }
  expect((await run(['show', 'signins:m1'])).out).toContain('--why');
  expect(await store.audit.countDocuments()).toBe(0);
  expect((await run(['show', 'signins:m1', '--why', ' '])).code).toBe(2);
  const opened = await run(['show', 'signins:m1', '--why', 'incident 42', '--by', 'ann']);
  expect(opened.out).toContain('"ip": "198.51.100.7"');
  expect(await store.audit.find().toArray()).toMatchObject([
    { action: 'unmask', by: 'ann', why: 'incident 42', collection: 'quarantine', of: ['signins:m1'] },
  ]);

  writeSource('signins', 'logins', login);
  const unlocked = await run(['retry', '--all'], { ROLLCALL_KEY_RING: '' });
  expect(unlocked).toMatchObject({ code: 2, err: expect.stringContaining('ROLLCALL_KEY_RING') });
  const retried = await run(['retry', '--all']);
  expect(retried).toMatchObject({ code: 0, out: '1 record read: 1 new, 0 changed, 0 unchanged\n' });
  expect(await store.logins.findOne()).toMatchObject({ _id: 'signins:m1', masked_ip: expect.stringMatching(/^m1\./) });
  expect(await waiting()).toEqual([]);
});

const EVENT = `return { id: String(raw.id), observation: { id: raw.id, category: String(raw.category), value: raw.value } };`;
const STRICT_EVENT = `if (typeof raw.category !== 'string') throw new RecordRejected('category is not text'); ${EVENT}`;

test('retried events are delivered after the delivered ones, ordered by id; a contradicting event stays in quarantine', async () => {
  writeSource('log', 'events', STRICT_EVENT, { jsonl: true });
  const event = (id: number, category: unknown, value = 1) => `${JSON.stringify({ id, category, value })}\n`;
  const body = event(5, 7) + event(1, 'a') + event(2, 'a') + event(1, 'b') + event(3, 7) + event(2, 9);
  await page('log', 'r1', body, 6);
  await read('log', 'r1');
  // The state of a running delivery that the retry interrupts.
  const before = (await store.eventLoads.findOne({ _id: 'log' }))!;

  writeSource('log', 'events', EVENT, { jsonl: true });
  const { code, out } = await run(['retry', '--source', 'log', '--json']);
  const conflict = { source: 'log', reason: 'the id was delivered before with other content', records: 2 };
  expect(code).toBe(4);
  expect(JSON.parse(out)).toMatchObject({ new: 2, unchanged: 0, failing: [conflict] });
  const delivered = [];
  for await (const line of eventsInOrder(store, 'log')) delivered.push(JSON.parse(line) as object);
  expect(delivered).toEqual([
    { seq: 1, id: 1, category: 'a', value: 1 },
    { seq: 2, id: 2, category: 'a', value: 1 },
    { seq: 3, id: 3, category: '7', value: 1 },
    { seq: 4, id: 5, category: '7', value: 1 },
  ]);
  expect(await store.eventCategories.findOne({ _id: { source: 'log', category: '7' } })).toMatchObject({ count: 2 });
  expect((await waiting()).map(({ row, reason }) => [row, reason])).toEqual([
    [3, conflict.reason],
    [5, conflict.reason],
  ]);
  const { load, counts, reached, epoch } = before;
  const after = (await store.eventLoads.findOne({ _id: 'log' }))!;
  expect(after).toMatchObject({ load, counts, reached, stored: 4 });
  expect(after.epoch).toBeGreaterThan(epoch); // the running load is superseded
  const shown = (await run(['show', (await waiting())[0]!._id])).out;
  expect(shown).toMatch(/keeps the event that arrived first/);
  expect(shown).toMatch(/place +line 504 of log\.jsonl \(page 0 of run r1, bytes/);
  expect((await run(['list', '--records'])).out).toMatch(/line 504 of log\.jsonl[^]*line 506 of log\.jsonl/);
  // A second retry delivers nothing twice.
  expect(JSON.parse((await run(['retry', '--all', '--json'])).out)).toMatchObject({ new: 0, failing: [conflict] });
  expect(await store.events.countDocuments()).toBe(4);
});

test('events that a replay delivers leave quarantine', async () => {
  writeSource('log', 'events', STRICT_EVENT, { jsonl: true });
  await page('log', 'r1', '\n{"id":1,"category":7,"value":1}\n{"id":2,"category":"a","value":1}\n', 2);
  await read('log', 'r1');
  expect(await waiting()).toHaveLength(1);
  writeSource('log', 'events', EVENT, { jsonl: true });
  expect(await read('log', 'r1', 'replay')).toMatchObject({ new: 1, unchanged: 1, quarantined: 0 });
  expect(await waiting()).toEqual([]);
});

test('control characters of a record do not reach the terminal', async () => {
  const escape = String.raw`\u001b]0;owned\u0007\u001b[2J\u009b1m`;
  writeSource('fleet', 'hosts', `throw new RecordRejected("odd${escape}", "x${escape}");`);
  await hosts('r1', [{ name: '\u009b2J' }]);
  await page('fleet', 'r2', '{"hosts":[{"name":"raw \u009b2J \u0085 \u202e"}]}', 1);
  await read('fleet', 'r1');
  await read('fleet', 'r2');
  const [entry] = await waiting();
  // oxlint-disable-next-line no-control-regex -- the test looks for these characters
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
  for (const args of [
    ['list'],
    ['list', '--records'],
    ['show', entry!._id],
    ['retry', '--all'],
    ['retry', 'no\u001b[2J'],
  ]) {
    const { out, err } = await run(args);
    expect(out + err).not.toMatch(control);
    expect(out + err).toMatch(/\?/);
  }
  expect((await run(['show', entry!._id])).out).toMatch(/retry --source fleet --reason 'odd/);
});

test('large numbers and duplicate fields are shown as received', async () => {
  writeSource('fleet', 'hosts', STRICT);
  const row = '{"serial":12345678901234567890,"empty":{},"list":[ ],"a":[1.0,"x{\\"}"],"a":null}';
  await page('fleet', 'r1', `{"hosts":[${row}]}`, 1);
  await read('fleet', 'r1');
  const [entry] = await waiting();
  const { out } = await run(['show', entry!._id]);
  expect(out).toContain(
    '"serial": 12345678901234567890,\n  "empty": {},\n  "list": [],\n  "a": [\n    1.0,\n    "x{\\"}"\n  ],\n  "a": null\n}',
  );
  expect(lines((await run(['show', entry!._id, '--json'])).out)[0].raw).toBe(row);
});
