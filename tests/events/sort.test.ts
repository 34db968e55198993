import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { compareIds, compareText, type EventId } from '../../src/model/event-order.js';
import { ExternalSort, type Entry, type SortLimits } from '../../src/events/sort/index.js';
import { character } from '../support/characters.js';
import { series } from '../support/soak.js';

let root: string;
let folders = 0;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'rollcall-sort-'))));
afterAll(() => rm(root, { recursive: true }));

const newFolder = () => join(root, `sort-${folders++}`);
const entryOf = (id: EventId, at: number, text = `{"id":"${at}"}`): Entry => ({
  id,
  page: Math.floor(at / 10),
  row: at % 10,
  offset: at * 3,
  length: text.length,
  text,
});

async function batchesOf(sort: ExternalSort): Promise<Entry[][]> {
  const batches: Entry[][] = [];
  for await (const batch of sort.sorted()) batches.push(batch);
  return batches;
}

async function sorted(entries: Entry[], limits?: Partial<SortLimits>, folder = newFolder()): Promise<Entry[]> {
  const sort = new ExternalSort(limits, folder);
  try {
    for (const entry of entries) await sort.add(entry);
    return (await batchesOf(sort)).flat();
  } finally {
    await sort.dispose();
  }
}

const codePoints = (text: string) => Array.from(text, (character) => character.codePointAt(0)!);

/** A simple and slow reference: it compares lists of code points. */
function plainOrder(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)];
  const at = left.findIndex((point, index) => point !== right[index]);
  if (at < 0) return left.length - right.length;
  return right[at] === undefined ? 1 : left[at]! - right[at];
}

const odd = fc.constantFrom(
  '\ud800',
  '\udbff',
  '\udc00',
  '\udfff',
  '\ue000',
  '\uffff',
  'a',
  '',
  '😀',
  '\n',
  '\t',
  '\0',
);
const text = fc.oneof(
  fc.array(odd, { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: character, maxLength: 8 }),
);
const number = fc.oneof(
  fc.bigInt(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.constantFrom(2 ** 53, 2 ** 53 - 1, -(2 ** 53), 0.5, -0, 1e300),
);
const limits = fc.record({
  chunkEntries: fc.integer({ min: 1, max: 20 }),
  chunkBytes: fc.integer({ min: 1, max: 200 }),
  files: fc.integer({ min: 2, max: 4 }),
  batchEntries: fc.integer({ min: 1, max: 7 }),
  batchChars: fc.integer({ min: 1, max: 100 }),
});

test('text is sorted by code point, including lone surrogates', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Math.sign(plainOrder(a, b)));
    }),
    { numRuns: series(150, 20_000) },
  );
  expect(['\uff01', '😀', 'b', 'a'].sort(compareText)).toStrictEqual(['a', 'b', '\uff01', '😀']);
});

test('numbers and bigints are compared exactly', () => {
  expect([2n ** 53n + 1n, 2 ** 53, 2n ** 53n - 1n, 10, 9n, -1].sort(compareIds)).toStrictEqual([
    -1,
    9n,
    10,
    2n ** 53n - 1n,
    2 ** 53,
    2n ** 53n + 1n,
  ]);
});

test.each<[string, fc.Arbitrary<EventId>]>([
  ['text', text],
  ['numbers', number],
])('%s: a sort over many files in several passes gives the same result as a sort in memory', async (_, ids) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(ids, fc.string({ unit: 'grapheme' })), { maxLength: 120 }),
      limits,
      async (list, how) => {
        const entries = list.map(([id, text], at) => entryOf(id, at, text));
        const expected = [...entries].sort((a, b) => compareIds(a.id, b.id) || a.page - b.page || a.row - b.row);
        expect(await sorted(entries, how)).toStrictEqual(expected);
        expect(await sorted(entries)).toStrictEqual(expected);
      },
    ),
    { numRuns: series(5, 200) },
  );
});

test('equal ids are sorted by page and row, and equal entries keep the order in which they are added', async () => {
  const entries = Array.from({ length: 500 }, (_, at) => entryOf(7, at));
  const twins = Array.from({ length: 50 }, (_, at) => ({ ...entryOf(8, 0), text: String(at) }));
  const how = { chunkEntries: 7, files: 3 };
  expect(await sorted([...entries.slice(250), ...entries.slice(0, 250), ...twins], how)).toStrictEqual([
    ...entries,
    ...twins,
  ]);
});

test('texts larger than a block and empty texts are sorted', async () => {
  const entries = [300_000, 0, 70_000, 65_536, 1, 262_144].map((size, at) => entryOf(-at, at, '€'.repeat(size)));
  expect(await sorted(entries, { chunkEntries: 2, files: 2 })).toStrictEqual([...entries].reverse());
  const ids = [entryOf('y'.repeat(200_000), 1), entryOf('x'.repeat(100_000), 2)];
  expect(await sorted(ids, { chunkEntries: 1 })).toStrictEqual([...ids].reverse());
});

test('a sort without entries gives no batch, and entries that fit in memory are not written to files', async () => {
  const folder = newFolder();
  const sort = new ExternalSort({}, folder);
  expect(await batchesOf(sort)).toStrictEqual([]);
  for (let at = 0; at < 4_100; at++) expect(sort.add(entryOf(-at, at))).toBeUndefined();
  expect((await batchesOf(sort)).map((batch) => batch.length)).toStrictEqual([2_000, 2_000, 100]);
  expect(existsSync(folder)).toBe(false);
  await sort.dispose();
});

test('spills are numbered files in a private folder, and dispose removes them, also during reading', async () => {
  const folder = newFolder();
  const sort = new ExternalSort({ chunkEntries: 10, files: 4, batchEntries: 3 }, folder);
  for (let at = 0; at < 95; at++) await sort.add(entryOf(-at, at));
  const [own] = await readdir(folder);
  expect((await stat(join(folder, own!))).mode & 0o777).toBe(0o700);
  expect((await readdir(join(folder, own!))).sort()).toStrictEqual(Array.from({ length: 9 }, (_, at) => `${at}.spill`));
  for await (const batch of sort.sorted()) {
    expect(batch.map(({ id }) => id)).toStrictEqual([-94, -93, -92]);
    break;
  }
  await sort.dispose();
  expect(await readdir(folder)).toStrictEqual([]);
});

test('when the disk cannot be written, the add that fills the chunk fails', async () => {
  const sort = new ExternalSort({ chunkEntries: 2 }, '/dev/null/sort');
  void sort.add(entryOf(1, 1));
  await expect(sort.add(entryOf(2, 2))).rejects.toThrow('ENOTDIR');
  await expect(batchesOf(sort)).rejects.toThrow('ENOTDIR');
});
