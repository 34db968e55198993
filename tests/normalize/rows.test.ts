import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { loadConfig } from '../../src/config.js';
import { loadInOrder } from '../../src/events/load.js';
import { normalize } from '../../src/normalize/normalize.js';
import type { Normalized } from '../../src/normalize/normalized.js';
import { openNormalizerContext, type NormalizerContext } from '../../src/normalize/context.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { MOST_QUARANTINED, type Store } from '../../src/store/database.js';
import { eventsInOrder } from '../../src/store/collections/events.js';
import { dropQuarantined } from '../../src/quarantine/drop.js';
import { putIds, removeIds, wholeOutcome } from '../../src/store/collections/page-ids.js';
import { appendPage, countListing, noteListed } from '../../src/store/collections/pages.js';
import type { PageDoc } from '../../src/store/documents/pages.js';
import { compareListing } from '../../src/merge/missing-records.js';
import { countOverflow } from '../../src/store/quarantine-overflow.js';
import { series } from '../support/soak.js';
import { dropStore, emptyStore, freshStore } from '../support/store.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-rows-'));
// A user's own mapping: it checks nothing and uses each field unchanged.
writeFileSync(
  join(folder, 'careless.js'),
  `const { jsonlInput, jsonlRows } = require(${JSON.stringify(join(__dirname, '../../src/connectors/jsonl/index'))});
module.exports = {
  name: 'careless', vendor: 'careless', dataset: 'hosts', docs: 'https://example.com/', settings: {}, listing: 'full', mapping: 1,
  input: () => jsonlInput({ source: 'careless', path: '/nowhere' }),
  decode: jsonlRows(),
  map(raw) {
    if (raw.boom === 'null') throw null;
    if (raw.boom) throw new Error('a value');
    const device = { type_id: 0, name: raw.name, ...(raw.seen === undefined ? {} : { last_seen_time: new Date(raw.seen) }) };
    return { id: raw.id, observation: { class: 'machine', device, external_ips: [], tags: [], ...raw.extra } };
  },
};`,
);
let store: Store;
let reading: NormalizerContext;

beforeAll(async () => {
  store = await freshStore();
  const config = loadConfig({ EVENTS_PATH: join(folder, 'none'), ROLLCALL_SOURCES: folder });
  reading = openNormalizerContext(config, store, loadSources({ folders: config.sourceFolders }));
});
afterEach(async () => {
  store.mostQuarantined = MOST_QUARANTINED;
  await emptyStore(store);
});
afterAll(async () => {
  await dropStore(store);
  rmSync(folder, { recursive: true, force: true });
});

/** During `work`, MongoDB itself rejects documents that do not match `validator`. */
async function withValidator(collection: string, validator: object, work: () => Promise<void>): Promise<void> {
  await store.db.command({ collMod: collection, validator });
  try {
    await work();
  } finally {
    await store.db.command({ collMod: collection, validator: {} });
  }
}

/** Stores a page of lines as a fetch does. */
async function page(source: string, run: string, lines: string | Buffer, seq = 0, next = false): Promise<void> {
  const body = Buffer.from(lines as string);
  const digest = createHash('sha256').update(body).digest('hex');
  const cursor = { file: 'log.jsonl', offset: seq, line: 0, head: '', headBytes: 0 };
  const rows = body
    .toString('latin1')
    .split('\n')
    .filter((line) => line.trim() !== '').length;
  await appendPage(store, run, source, seq, {
    cursor,
    next: next ? { ...cursor, offset: seq + 1 } : null,
    body,
    mediaType: 'application/jsonl',
    digest,
    status: 200,
    fetchedAt: new Date(),
    rows,
  });
}

const signal = new AbortController().signal;

async function deliver(lines: string, run: string = randomUUID()): Promise<Normalized> {
  await page('events', run, lines);
  return loadInOrder(reading, { run, source: 'events', from: 0, pages: run }, { signal, onPage: () => {} });
}

async function put(lines: string | Buffer, run: string = randomUUID()): Promise<Normalized> {
  await page('careless', run, lines);
  const input = { run, source: 'careless', from: 0, follow: false, pages: run };
  return normalize(reading, input, { rows: 10_000, waitMs: 0, signal, onPage: () => {} });
}

async function delivered(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of eventsInOrder(store, 'events')) lines.push(line);
  return lines;
}

const waiting = () => store.quarantine.find().sort({ row: 1 }).toArray();
const reasons = async () => (await waiting()).map(({ reason }) => reason);

const good = (id: number | string) => `{"id":${JSON.stringify(id)},"category":"a","value":1}`;

describe('events', () => {
  const row = (id: number, fields: string) => `{"id":${id},"category":"a","value":1,${fields}}`;

  const WHOLE = {
    'an integer of 64 bits': '"t":1672853354643678123',
    'integers of up to 34 digits': `"t":[18446744073709551616,-${'9'.repeat(34)},9007199254740993]`,
    'a double': '"t":[1e+300,-0.1,1e+21]',
    'a field _bsontype': '"_bsontype":"ObjectId","o":{"_bsontype":"Long","low":1}',
    'what looks like a DBRef': '"r":{"$ref":"a.b","$id":1,"$db":"c"},"$ref":"x","$id":{"a":null}',
    'fields with $, dots and underscores': '"$set":{"a.b":1},"a.b":2,"_id":3,"__proto__":{"polluted":true},"":4',
    'fields named as our own': '"seq":7,"more":{"seq":1},"run":"x","page":"y","row":-1,"hash":true',
    'NUL in a text': '"t":"a\\u0000b"',
    'deep nesting': `"d":${'['.repeat(98)}${']'.repeat(98)}`,
  };

  test(`${Object.keys(WHOLE).join(', ')} are delivered unchanged, and are duplicates when they arrive again`, async () => {
    const all = Object.values(WHOLE);
    const lines = all.flatMap((fields, at) => [good(`n${at}`), row(at, fields)]).join('\n');
    expect(await deliver(lines)).toMatchObject({ new: 2 * all.length, quarantined: 0 });
    // Numbers are sorted before text.
    expect((await delivered()).slice(0, all.length)).toEqual(
      all.map((fields, at) => `{"seq":${at + 1},"id":${at},"category":"a","value":1,"more":{${fields}}}`),
    );
    expect(await deliver(lines)).toMatchObject({ new: 0, unchanged: 2 * all.length, quarantined: 0 });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('half a character becomes U+FFFD, and is a duplicate when it arrives again', async () => {
    const lines = [good(1), row(2, '"t":"a\\ud83d","\\udc00":1')].join('\n');
    expect(await deliver(lines)).toMatchObject({ new: 2, quarantined: 0 });
    expect((await delivered())[1]).toContain('"more":{"t":"a\ufffd","\ufffd":1}');
    expect(await deliver(lines)).toMatchObject({ new: 0, unchanged: 2, quarantined: 0 });
  });

  test('each row that cannot be stored goes to quarantine with its reason, and its neighbours are delivered', async () => {
    const bad: [string, string][] = [
      ['the name of a field holds a NUL character', '"a\\u0000b":1'],
      ['the name of a field holds a NUL character', '"o":[{"\\u0000":1}]'],
      ['a field holds a number of more than 34 digits', `"t":1${'0'.repeat(34)}`],
      ['a field holds a number of more than 34 digits', `"t":[-${'7'.repeat(2_000_000)}]`],
      ['a field holds a number that is not finite', '"t":1e400'],
      ['two fields have names that differ in a lone surrogate only', '"\\ud800":1,"\\ud801":2'],
      ['the record takes more than 16 MB in MongoDB', `"t":[${'1,'.repeat(1_450_000)}1]`],
      ['the line is nested deeper than 100 levels', `"d":${'['.repeat(100)}${']'.repeat(100)}`],
    ];
    const lines = bad.flatMap(([, fields], at) => [good(at), row(100 + at, fields), good(`x${at}`)]).join('\n');
    const neighbours = 2 * bad.length;
    for (const counts of [
      { new: neighbours, unchanged: 0 },
      { new: 0, unchanged: neighbours },
    ]) {
      expect(await deliver(lines)).toMatchObject({ ...counts, quarantined: bad.length });
      expect([...new Set((await waiting()).map(({ row: place, reason }) => `${place}: ${reason}`))]).toEqual(
        bad.map(([reason], at) => `${3 * at + 1}: ${reason}`),
      );
    }
    expect((await delivered()).map((line) => (JSON.parse(line) as { id: unknown }).id)).toEqual([
      ...bad.map((_, at) => at),
      ...bad.map((_, at) => `x${at}`),
    ]);
  });

  test('numeric and text ids are in one order, numbers before text, whichever arrive first', async () => {
    expect(await deliver([good('b'), good(10), good('a'), good(9)].join('\n'))).toMatchObject({ new: 4 });
    expect(await deliver([good('10'), good(-1), good('b')].join('\n'))).toMatchObject({ new: 2, unchanged: 1 });
    expect((await delivered()).map((line) => (JSON.parse(line) as { id: unknown }).id)).toEqual([
      -1,
      9,
      10,
      '10',
      'a',
      'b',
    ]);
  });

  test('one number is one id in every notation', async () => {
    const ids = ['1e18', '1000000000000000000', '1000000000000000000.0', '1E+18', '12e1', '120', '-0', '0'];
    const lines = ids.map((id) => `{"id":${id},"category":"a","value":1}`).join('\n');
    expect(await deliver(lines)).toMatchObject({ new: 3, unchanged: 5, quarantined: 0 });
  });

  test('an event that MongoDB itself rejects goes to quarantine with that reason, and the others of its batch are delivered', async () => {
    const lines = Array.from({ length: 40 }, (_, id) => `{"id":${id},"category":"a","value":${id}}`).join('\n');
    await withValidator('events', { value: { $ne: 13 } }, async () => {
      expect(await deliver(lines)).toMatchObject({ new: 39, quarantined: 1 });
    });
    expect(await reasons()).toEqual(['MongoDB rejects the record (DocumentValidationFailure)']);
    expect(await store.eventCategories.findOne()).toMatchObject({ count: 39, sum: 780 - 13, distinct: 39 });
    expect((await delivered()).map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(
      Array.from({ length: 39 }, (_, at) => at + 1),
    );
  });

  test('any JSON is delivered unchanged or goes to quarantine with a reason, its neighbours are delivered, and nothing is new the second time', async () => {
    let id = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fieldsText, { minLength: 1, maxLength: 20 }), async (all) => {
        const rows = all.map((fields) => ({ id: ++id, fields }));
        const lines = rows.flatMap(({ id: own, fields }) => [good(`n${own}`), row(own, `"f":${fields}`)]).join('\n');
        const first = await deliver(lines);
        expect(first.new + first.quarantined).toBe(2 * rows.length);
        const texts = new Map(
          (await delivered()).map((line) => [String((JSON.parse(line) as { id: unknown }).id), line]),
        );
        let missing = 0;
        for (const { id: own, fields } of rows) {
          expect(texts.has(`n${own}`)).toBe(true);
          const text = texts.get(String(own));
          if (text === undefined) missing += 1;
          else expect(/"more":\{"f":(.*)\}\}$/.exec(text)![1]).toBe(fields);
        }
        expect(first.quarantined).toBe(missing);
        expect(await store.quarantine.countDocuments({ reason: '' })).toBe(0);
        expect(await deliver(lines)).toMatchObject({ new: 0, unchanged: first.new, quarantined: missing });
      }),
      { numRuns: series(3, 100) },
    );
  });
});

/** JSON texts in the spelling in which they are delivered. */
const keyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '_bsontype',
    '$ref',
    '$id',
    '$db',
    '__proto__',
    'a.b',
    '$set',
    '_id',
    'a\0b',
    'toJSON',
    'constructor',
    'seq',
  ),
);
const numberText = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }).map(String),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
);
const fieldsText = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    numberText,
    fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
    fc.constantFrom('null', 'true', 'false', `"${'x'.repeat(5_000)}"`),
    fc.array(tie('value'), { maxLength: 4 }).map((list) => `[${list.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(keyText, tie('value')), { maxLength: 4, selector: ([key]) => key })
      // JavaScript sorts numeric names first.
      .map((entries) => entries.filter(([key]) => !/^\d+$/.test(key)))
      .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
  ),
})).value;

describe('hosts', () => {
  const host = (id: unknown, more: object = {}) => JSON.stringify({ id, name: `n${String(id)}`, ...more });

  test('a row that its mapping or MongoDB rejects goes to quarantine with its reason, its neighbours are stored, and nothing changes the second time', async () => {
    const lines = [
      host('a'),
      host('nul', { extra: { 'x\0y': 1 } }),
      host('type', { extra: { status: { _bsontype: 'Nothing' } } }),
      host('large', {
        extra: { status: 'x'.repeat(300_000), tags: Array.from({ length: 60 }, () => 'y'.repeat(20_000)) },
      }),
      host('time', { seen: 'never' }),
      host(''),
      host({ $gt: '' }),
      host('\ud800'),
      host('x'.repeat(2_000)),
      '{"id":"boom","boom":"null"}',
      '{"id":"boom","boom":"yes"}',
      host('b'),
    ].join('\n');
    expect(await put(lines)).toMatchObject({ new: 2, quarantined: 10 });
    expect(await reasons()).toEqual([
      'MongoDB cannot store the record (BSONError)',
      expect.stringMatching(/^MongoDB cannot store the record \(BSON/),
      'the normalized record is larger than 1 MB',
      'last_seen_time is not a time',
      'id is missing',
      'id is not text',
      'id contains an incomplete character (lone surrogate)',
      'id is longer than 1024 characters',
      'the mapping threw object',
      'the mapping threw Error',
    ]);
    expect(
      await store.quarantine
        .find({ _id: { $gte: 'careless:', $lt: 'careless;' } })
        .sort({ row: 1 })
        .map(({ _id }) => _id)
        .toArray(),
    ).toEqual(['careless:nul', 'careless:type', 'careless:large', 'careless:time']);
    expect(await put(lines)).toMatchObject({ new: 0, changed: 0, unchanged: 2, quarantined: 10 });
    expect((await store.records.find().toArray()).map(({ _id }) => _id).sort()).toEqual(['careless:a', 'careless:b']);
  });

  test('every result of a mapping is stored or goes to quarantine with a reason, and its neighbours are stored', async () => {
    let id = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fieldsText, { minLength: 1, maxLength: 20 }), async (all) => {
        const lines = all.flatMap((text) => [
          `{"id":"good-${++id}","name":"n"}`,
          `{"id":"a-${id}","name":${text}}`,
          `{"id":"b-${id}","name":"n","extra":{"status":${text},"more":[${text}]}}`,
          `{"id":"c-${id}","name":"n","extra":${text}}`,
        ]);
        const first = await put(lines.join('\n'));
        expect(first.new + first.quarantined).toBe(lines.length);
        const last = Array.from({ length: all.length }, (_, at) => `careless:good-${id - at}`);
        expect(await store.records.countDocuments({ _id: { $in: last } })).toBe(last.length);
        const again = await put(lines.join('\n'));
        expect(again).toMatchObject({ new: 0, changed: 0, unchanged: first.new, quarantined: first.quarantined });
      }),
      { numRuns: series(2, 60) },
    );
  });

  test('records that MongoDB itself rejects go to quarantine with that reason, and the others are counted once', async () => {
    const lines = Array.from({ length: 90 }, (_, id) => host(String(id))).join('\n');
    await withValidator('records', { observation: { $not: /"name":"n7/ } }, async () => {
      expect(await put(lines)).toMatchObject({ new: 79, unchanged: 0, quarantined: 11 });
    });
    expect([...new Set(await reasons())]).toEqual(['MongoDB rejects the record (DocumentValidationFailure)']);
    const [outcome] = await store.pages
      .find()
      .map((one) => one.outcome!)
      .toArray();
    expect(outcome!.ids.length).toBe(79);
    expect(outcome!.rejected_ids.sort()).toEqual(['7', ...Array.from({ length: 10 }, (_, at) => `7${at}`)]);
  });
});

describe('many rows', () => {
  test('when too many rows cannot be normalized, the quarantine keeps as many as its limit, each with its line, and counts the others', async () => {
    store.mostQuarantined = 1_500;
    const run = randomUUID();
    const rows = series(8_000, 340_000);
    const lines = '{}\n'.repeat(rows);
    expect(await deliver(lines, run)).toMatchObject({ rows, new: 0, quarantined: rows });
    expect(await store.quarantine.countDocuments()).toBe(1_500);
    expect(await store.quarantine.findOne({ row: 499 })).toMatchObject({
      reason: 'id is missing',
      file: 'log.jsonl',
      line: 500,
    });
    expect(await countOverflow(store, 'events')).toEqual([{ source: 'events', rows: rows - 1_500 }]);
  });

  test('a repeated attempt keeps and counts the same rows', async () => {
    store.mostQuarantined = 1_100;
    const run = randomUUID();
    for (let attempt = 0; attempt < 2; attempt++) {
      if (attempt === 0) await deliver('{}\n'.repeat(1_300), run);
      else await loadInOrder(reading, { run, source: 'events', from: 0, pages: run }, { signal, onPage: () => {} });
      expect(await countListing(store, run, 'events')).toMatchObject({ quarantined: 1_300, overflow: 200 });
      expect(await store.quarantine.countDocuments({ count: 1 })).toBe(1_100);
      await store.pages.updateMany({}, { $unset: { outcome: true } });
    }
  });

  test('each source has its own limit in quarantine, and conflicts above the limit are counted, too', async () => {
    store.mostQuarantined = 2;
    expect(await put('{}\n{}\n{}')).toMatchObject({ quarantined: 3 });
    expect(await deliver([good(1), good(2), good(3)].join('\n'))).toMatchObject({ new: 3 });
    const run = randomUUID();
    const others = [1, 2, 3].map((id) => `{"id":${id},"category":"b","value":1}`).join('\n');
    expect(await deliver(others, run)).toMatchObject({ new: 0, quarantined: 3 });
    expect(await countOverflow(store)).toEqual([
      { source: 'careless', rows: 1 },
      { source: 'events', rows: 1 },
    ]);
    await dropQuarantined(store, { source: 'events' }, { by: 'somebody', why: 'a test' });
    expect(await countOverflow(store)).toEqual([{ source: 'careless', rows: 1 }]);
  });

  test('ids of a page that do not fit into its document are stored in other documents, and are read from there', async () => {
    await page('careless', 'r1', '');
    const [{ _id }] = (await store.pages.find().toArray()) as [PageDoc];
    const ids = Array.from({ length: 6_000 }, (_, at) => `host-${'x'.repeat(800)}-${at}`);
    const rejected_ids = ['r1', 'r2'];
    const outcome = { at: new Date(), new: 6_000, changed: 0, unchanged: 0, quarantined: 2, content: '', reader: '' };
    for (let attempt = 0; attempt < 2; attempt++) {
      const listed = await putIds(store, _id, { ids, rejected_ids });
      expect(listed).toEqual({ ids: [], rejected_ids: [], split: true });
      await store.pages.updateOne({ _id }, { $set: { outcome: { ...outcome, ...listed }, rows: 6_002 } });
    }
    await noteListed(store, _id, ['r3', ids[0]!, 'r1']);
    const stored = (await store.pages.findOne({ _id }))!.outcome!;
    const whole = await wholeOutcome(store, _id, stored);
    expect(whole.ids).toEqual(ids);
    expect(whole.rejected_ids).toEqual(['r1', 'r2', 'r3']);
    expect(await compareListing(store, 'r1', 'careless', async () => {})).toMatchObject({ seen: 6_000, rejected: 3 });
    await removeIds(store, [_id]);
    expect(await store.pageIds.countDocuments()).toBe(0);
  });
});
