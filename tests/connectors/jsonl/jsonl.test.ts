import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { jsonlInput, jsonlRows, type JsonlInputOptions } from '../../../src/connectors/jsonl/index.js';
import { Failure } from '../../../src/model/failure.js';
import { series } from '../../support/soak.js';
import type { Cursor, FetchedPage, FetchOptions, Row } from '../../../src/model/source.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'rollcall-jsonl-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const put = (name: string, content: string | Buffer) => writeFileSync(at(name), content);
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}\n`).join('');
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

interface Read {
  pages: FetchedPage[];
  /** Value or error of every row, and its line in its file. */
  rows: [file: string, line: number, value: unknown][];
  warnings: string[];
  positions: Map<string, Cursor>;
}

/** The positions of earlier runs in each file. */
type Positions = Map<string, Cursor>;

const inputOf = (options: Partial<JsonlInputOptions> = {}) => jsonlInput({ source: 'log', path: folder, ...options });

function taken(read: Read, page: FetchedPage, options: Partial<JsonlInputOptions> = {}): void {
  read.pages.push(page);
  read.warnings.push(...(page.warnings ?? []));
  expect(page).toMatchObject({ status: 200, digest: sha256(page.body) });
  const rows = [...jsonlRows(options)(page, 'log')];
  expect(page.rows).toBe(rows.length);
  const { file, line } = page.cursor as { file: string; line: number };
  for (const row of rows) read.rows.push([file, line + row.index + 1, row.error ?? row.value]);
  if (page.position) read.positions.set(page.position.part, page.position.at);
}

async function read(
  options: Partial<JsonlInputOptions> = {},
  how: Partial<Omit<FetchOptions, 'positions'>> & { from?: Cursor | null; positions?: Positions } = {},
): Promise<Read> {
  const input = inputOf(options);
  const done: Read = { pages: [], rows: [], warnings: [], positions: new Map(how.positions) };
  const { from = null, positions, ...rest } = how;
  const fetchOptions = {
    signal: new AbortController().signal,
    more: () => true,
    ...(positions && { positions: async () => positions }),
    ...rest,
  };
  for await (const page of input.pages(from, fetchOptions)) taken(done, page, options);
  return done;
}

const values = ({ rows }: Read) => rows.map(([, , value]) => value);
const numbers = (read: Read) => values(read).map((value) => (value as { n: number }).n);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

async function failureOf(options: Partial<JsonlInputOptions> = {}, from: Cursor | null = null): Promise<Failure> {
  const error: unknown = await read(options, { from }).catch((error: unknown) => error);
  if (!(error instanceof Failure)) throw new Error(`No failure: ${String(error)}`);
  return error;
}

/** The rows of a text, decoded without an input. */
const rowsOf = (text: string | Buffer, options?: Partial<JsonlInputOptions>): Row[] => [
  ...jsonlRows(options)({ body: Buffer.from(text as string), mediaType: 'application/jsonl', status: 200 }, 'log'),
];
const outcome = (text: string | Buffer) => rowsOf(text).map(({ value, error }) => error ?? value);

describe('rows', () => {
  test('only line feeds separate lines; blank lines count, and carriage returns and byte-order marks are not part of a line', () => {
    const text = '\ufeff{"a":1}\r\n\n \t\r\n{"b":"x\u2028y"}\n{"c":\r2}\n';
    const body = Buffer.from(text);
    const rows = rowsOf(text);
    expect(rows.map(({ index, value }) => [index, value])).toStrictEqual([
      [0, { a: 1 }],
      [3, { b: 'x\u2028y' }],
      [4, { c: 2 }],
    ]);
    expect(rows.map(({ offset, length }) => body.toString('utf8', offset, offset + length))).toStrictEqual([
      '{"a":1}',
      '{"b":"x\u2028y"}',
      '{"c":\r2}',
    ]);
  });

  test('a broken line is an error row whose message contains nothing of the line', () => {
    const broken = [
      '{"a":NaN}',
      "{'a':1}",
      '{"a":1} // x',
      '{"a":1',
      '{"a":1}{"b":2}',
      'SECRET',
      '{12345678901234567890:1}',
    ];
    expect(outcome([...broken, '{"a":1}', ''].join('\n'))).toStrictEqual([
      ...broken.map(() => 'the line is not JSON'),
      { a: 1 },
    ]);
    expect(outcome(Buffer.from('{"a":"\xe9"}\n{"a":1}\n{"a":"\xc3\xa9"}\n', 'latin1'))).toStrictEqual([
      'the line is not valid UTF-8',
      { a: 1 },
      { a: 'é' },
    ]);
    expect(outcome('{"a":1}\n{"a"\0\0\n{"b":2}\n\0\0\0\0')).toStrictEqual([
      { a: 1 },
      'the line holds NUL bytes',
      { b: 2 },
      'the line holds NUL bytes',
    ]);
    expect(outcome(`${'['.repeat(101)}${']'.repeat(101)}\n${'['.repeat(100)}${']'.repeat(100)}\n`)[0]).toBe(
      'the line is nested deeper than 100 levels',
    );
    expect(rowsOf(`${'['.repeat(100)}${']'.repeat(100)}\n`)[0]!.error).toBeUndefined();
  });

  test('a last line without a line feed is accepted when it is complete', () => {
    expect(outcome('{"a":1}\n{"b":2}')).toStrictEqual([{ a: 1 }, { b: 2 }]);
    for (const cut of ['{"b":', '{"b":"é'.slice(0, -1), '12'])
      expect(outcome(`{"a":1}\n${cut}`)).toStrictEqual([{ a: 1 }, 'the last line is cut off']);
    expect(outcome(Buffer.from('{"a":1}\n{"b":"\xc3', 'latin1'))[1]).toBe('the last line is cut off');
  });

  test('integers beyond 2^53 become bigints, wherever they stand; text stays text', () => {
    expect(
      outcome(
        '{"a":9007199254740993,"b":"9007199254740993","c":[-123456789012345678901,9007199254740991],"d\\"":1.00000000000000000001,"e":1e400}\n',
      ),
    ).toStrictEqual([
      {
        a: 9007199254740993n,
        b: '9007199254740993',
        c: [-123456789012345678901n, 9007199254740991],
        'd"': 1,
        e: Infinity,
      },
    ]);
    expect(outcome('9007199254740993\n')).toStrictEqual([9007199254740993n]);
    // Text of any length next to a large integer, and digits that are not a JSON number.
    const text = '\\"\n'.repeat(200_000);
    expect(outcome(`{"a":9007199254740993,"b":${JSON.stringify(text)}}\n`)).toStrictEqual([
      { a: 9007199254740993n, b: text },
    ]);
    for (const broken of [
      '[09007199254740993]',
      '[9007199254740993 1]',
      '{9007199254740993 : 1}',
      '[--9007199254740993]',
    ])
      expect(outcome(`${broken}\n`)).toStrictEqual(['the line is not JSON']);
  });

  test('an integer of more than 34 digits is kept as its text, however long it is', () => {
    const digits = '7'.repeat(1_000_000);
    const [value] = outcome(`{"a":${'9'.repeat(34)},"b":[-${digits}],"c":"${digits}"}\n`);
    expect(value).toEqual({ a: 10n ** 34n - 1n, b: [{ isLosslessNumber: true, value: `-${digits}` }], c: digits });
  });

  test('the last of several equal keys counts, and __proto__ is a key like any other', () => {
    const [twice, plain, exact] = outcome(
      '{"a":1,"a":2}\n{"__proto__":{"polluted":1}}\n{"__proto__":{"polluted":9007199254740993}}\n',
    ) as object[];
    expect(twice).toStrictEqual({ a: 2 });
    for (const value of [plain!, exact!]) {
      expect(Object.keys(value)).toStrictEqual(['__proto__']);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('files', () => {
  test('the files of a folder are read in the order of their names, plain or compressed, in pages of whole lines', async () => {
    put('b.jsonl', lines(10, 20));
    put('a.ndjson', lines(0, 10));
    put('c.jsonl.gz', Buffer.concat([gzipSync(lines(20, 25)), gzipSync(''), gzipSync(lines(25, 30))]));
    put('d.jsonl', gzipSync(lines(30, 31)));
    put('\uff01.jsonl', lines(31, 32));
    put('😀.jsonl', lines(32, 33));
    put('e.json', lines(90, 99));
    put('f.jsonl.1', lines(90, 99));
    mkdirSync(at('sub'));
    const all = await read({ pageBytes: 30 });
    expect(numbers(all)).toStrictEqual(range(0, 33));
    expect(all.rows[15]).toStrictEqual(['b.jsonl', 6, { n: 15 }]);
    for (const [index, { next, body }] of all.pages.entries()) {
      expect(next).toStrictEqual(all.pages[index + 1]?.cursor ?? null);
      expect(body.length).toBeLessThanOrEqual(30);
      expect(body.at(-1)).toBe(10);
    }
  });

  test('a cursor has the file, the position in it, and hashes of the beginning of the file and of the bytes before the position', async () => {
    const text = lines(0, 1_000);
    put('a.jsonl', text);
    const { pages } = await read({ path: at('a.jsonl'), pageBytes: 5_000 });
    const [first, second] = pages;
    const { length } = first!.body;
    const nothing = { head: sha256(''), headBytes: 0, tail: sha256(''), tailBytes: 0 };
    expect(first!.cursor).toStrictEqual({ file: 'a.jsonl', offset: 0, line: 0, ...nothing });
    expect(second!.cursor).toStrictEqual({
      file: 'a.jsonl',
      offset: length,
      line: first!.rows,
      head: sha256(text.slice(0, 4_096)),
      headBytes: 4_096,
      tail: sha256(first!.body.subarray(-4_096)),
      tailBytes: 4_096,
      inode: expect.any(String),
    });
    expect(first!.position).toStrictEqual({ part: 'a.jsonl', at: { ...second!.cursor, old: [] } });
    expect(pages.at(-1)!.next).toBeNull();
  });

  test('the rest of the listing and its pages are the same from any cursor', async () => {
    put('a.jsonl', lines(0, 300));
    put('b.jsonl.gz', gzipSync(`\ufeff${lines(300, 700)}`));
    put('c.jsonl', '');
    put('d.jsonl', lines(700, 800).trimEnd());
    const whole = await read({ pageBytes: 1_000 });
    expect(numbers(whole)).toStrictEqual(range(0, 800));
    for (const [index, page] of whole.pages.entries()) {
      const rest = await read({ pageBytes: 1_000 }, { from: JSON.parse(JSON.stringify(page.cursor)) });
      expect(rest.pages.map(({ digest }) => digest)).toStrictEqual(
        whole.pages.slice(index).map(({ digest }) => digest),
      );
      expect(rest.rows).toStrictEqual(whole.rows.slice(whole.rows.length - rest.rows.length));
      // The caller stops after one page and can continue from its `next`.
      let asked = 0;
      const one = await read({ pageBytes: 1_000 }, { from: page.cursor, more: () => asked++ < 1 });
      expect(one.pages).toHaveLength(1);
      expect(one.pages[0]!.next).toStrictEqual(page.next);
    }
  });

  test('a later run reads added lines, and a run without new lines gives one empty page', async () => {
    put('a.jsonl', lines(0, 10));
    put('b.jsonl.gz', gzipSync(lines(10, 20)));
    const first = await read();
    const again = await read({}, { positions: first.positions });
    expect(again.pages).toHaveLength(1);
    expect(again.pages[0]).toMatchObject({ rows: 0, next: null, body: Buffer.alloc(0) });
    expect(again.warnings).toStrictEqual([]);
    appendFileSync(at('a.jsonl'), lines(20, 22));
    appendFileSync(at('b.jsonl.gz'), gzipSync(lines(22, 24)));
    put('c.jsonl', lines(24, 25));
    const grown = await read({}, { positions: first.positions });
    expect(numbers(grown)).toStrictEqual(range(20, 25));
    expect(grown.rows.map(([file, line]) => `${file}:${line}`)).toStrictEqual([
      'a.jsonl:11',
      'a.jsonl:12',
      'b.jsonl.gz:11',
      'b.jsonl.gz:12',
      'c.jsonl:1',
    ]);
    expect(grown.warnings).toStrictEqual([]);
  });

  test('lines that were read before a file was compressed are not read again', async () => {
    put('a.jsonl', lines(0, 10));
    const first = await read();
    rmSync(at('a.jsonl'));
    put('a.jsonl.gz', gzipSync(lines(0, 12)));
    const next = await read({}, { positions: first.positions });
    expect([numbers(next), next.warnings]).toStrictEqual([[10, 11], []]);
    put('a.jsonl.gz', gzipSync(lines(50, 52)));
    const other = await read({}, { positions: first.positions });
    expect(numbers(other)).toStrictEqual([50, 51]);
    expect(other.warnings).toStrictEqual([expect.stringContaining('a.jsonl is gone: 80 bytes of it had been read')]);
  });

  test('an empty folder is not a failure, but gives a warning', async () => {
    const { pages, warnings } = await read();
    expect(pages).toMatchObject([{ rows: 0, next: null }]);
    expect(warnings).toStrictEqual([`${folder} holds no *.jsonl or *.ndjson files`]);
  });

  test('no further page starts when the caller wants none, and a signal ends the listing', async () => {
    put('a.jsonl', lines(0, 10));
    expect((await read({}, { more: () => false })).pages).toStrictEqual([]);
    await expect(read({}, { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
  });
});

describe('the end of a file', () => {
  test('a line without a line feed is read once when it is complete', async () => {
    put('a.jsonl', '{"n":0}\n{"n":1}');
    const first = await read();
    expect(numbers(first)).toStrictEqual([0, 1]);
    expect(first.positions.get('a.jsonl')).toMatchObject({ offset: 15, line: 1 });
    appendFileSync(at('a.jsonl'), '\n{"n":2}\n');
    const next = await read({}, { positions: first.positions });
    expect(next.rows).toStrictEqual([['a.jsonl', 3, { n: 2 }]]);
  });

  test.each([['{"n":'], ['{"n":"é"}'.slice(0, 6)], ['1']])(
    'a line that is cut off (%s) is reported, and read again',
    async (tail) => {
      put('a.jsonl', `{"n":0}\n${tail}`);
      put('b.jsonl', lines(5, 6));
      const first = await read();
      expect(values(first)).toStrictEqual([{ n: 0 }, 'the last line is cut off', { n: 5 }]);
      expect(first.positions.get('a.jsonl')).toMatchObject({ offset: 8, line: 1 });
      put('a.jsonl', '{"n":0}\n{"n":1}\n');
      expect((await read({}, { positions: first.positions })).rows).toStrictEqual([['a.jsonl', 2, { n: 1 }]]);
    },
  );

  test('a file that a power loss filled with NUL bytes gives an error row', async () => {
    put('a.jsonl', `{"n":0}\n${'\0'.repeat(5_000)}`);
    expect(values(await read())).toStrictEqual([{ n: 0 }, 'the line holds NUL bytes']);
  });

  test('a gzip file that is still being written loses no line', async () => {
    const packed = gzipSync(lines(0, 20_000));
    put('a.jsonl.gz', packed.subarray(0, packed.length / 2));
    const first = await read();
    const read1 = first.rows.length;
    put('a.jsonl.gz', packed);
    const second = await read({}, { positions: first.positions });
    const good = [...values(first), ...values(second)].filter((value) => typeof value === 'object');
    expect(good).toStrictEqual(range(0, 20_000).map((n) => ({ n })));
    expect(read1).toBeGreaterThan(1_000);
  });
});

describe('long lines', () => {
  const limits = { lineBytes: 1_000, pageBytes: 400 };

  test('a line longer than a page is one page; a line longer than the limit is an error row with its beginning', async () => {
    const long = (size: number) => `{"n":"${'x'.repeat(size - 8)}"}`;
    for (const size of [400, 401, 999, 1_000]) {
      put('a.jsonl', `{"n":0}\n${long(size)}\n{"n":2}\n`);
      expect(values(await read(limits))).toStrictEqual([{ n: 0 }, { n: 'x'.repeat(size - 8) }, { n: 2 }]);
    }
    for (const size of [1_001, 1_002, 1_399, 1_400, 1_401, 300_000]) {
      put('a.jsonl', `{"n":0}\n${long(size)}\n\n{"n":2}\n`);
      const { rows, pages } = await read(limits);
      expect(rows).toStrictEqual([
        ['a.jsonl', 1, { n: 0 }],
        ['a.jsonl', 2, 'the line is longer than 1000 bytes'],
        ['a.jsonl', 4, { n: 2 }],
      ]);
      const cut = pages[1]!;
      expect(cut.mediaType).toBe(`application/jsonl; cut=${size}`);
      expect(cut.body.toString()).toBe(long(size).slice(0, Math.min(1_001, cut.body.length)));
      expect((await read(limits, { from: cut.cursor })).rows).toStrictEqual(rows.slice(1));
      expect((await read(limits, { from: cut.next })).rows).toStrictEqual(rows.slice(2));
    }
  });

  test('a long line without a line feed is read again', async () => {
    put('a.jsonl', `{"n":0}\n"${'x'.repeat(5_000)}`);
    const first = await read(limits);
    expect(values(first)).toStrictEqual([{ n: 0 }, 'the line is longer than 1000 bytes']);
    appendFileSync(at('a.jsonl'), '"\n{"n":2}\n');
    expect((await read(limits, { positions: first.positions })).rows).toStrictEqual([
      ['a.jsonl', 2, 'the line is longer than 1000 bytes'],
      ['a.jsonl', 3, { n: 2 }],
    ]);
  });
});

describe('files that change', () => {
  test('a truncated file is read again from its beginning, with a warning', async () => {
    put('events.jsonl', lines(0, 125).slice(0, 1_000));
    const { positions } = await read();
    const { offset } = positions.get('events.jsonl') as { offset: number };
    truncateSync(at('events.jsonl'), 500);
    const next = await read({}, { positions });
    expect(next.warnings).toStrictEqual([
      `events.jsonl was truncated: it is 500 bytes and ${offset} had been read; lines after byte ${offset} of the old content, if any, are lost; the file is read again from its beginning`,
    ]);
    expect(next.rows[0]).toStrictEqual(['events.jsonl', 1, { n: 0 }]);
    put('events.jsonl', '');
    const empty = await read({}, { positions });
    expect(empty.warnings).toHaveLength(1);
    expect(empty.positions.get('events.jsonl')).toMatchObject({ offset: 0 });
    expect((await read({}, { positions: empty.positions })).warnings).toStrictEqual([]);
  });

  test('a replaced file is read from its beginning, also from a cursor, with a warning', async () => {
    put('a.jsonl', lines(0, 1));
    put('events.jsonl', lines(0, 10));
    const { positions, pages } = await read();
    put('events.jsonl', lines(500, 600));
    const expectedWarnings = [
      'events.jsonl was replaced: it is not the file of which 80 bytes had been read; lines after byte 80 of the old content, if any, are lost; the file is read again from its beginning',
    ];
    for (const how of [{ positions }, { from: pages[1]!.position!.at }]) {
      const next = await read({}, how);
      expect([numbers(next), next.warnings]).toStrictEqual([range(500, 600), expectedWarnings]);
    }
    // A run that stops before this file gives the warning too.
    let asked = 0;
    appendFileSync(at('a.jsonl'), lines(1, 2));
    const before = await read({}, { positions, more: () => asked++ < 1 });
    expect([numbers(before), before.warnings]).toStrictEqual([[1], expectedWarnings]);
  });

  test.each(['events.jsonl.1', 'events.jsonl-20260101', 'events.jsonl.1.gz'])(
    'the rest of a file that was rotated to %s is read first',
    async (name) => {
      put('events.jsonl', lines(0, 10));
      put('events.jsonl.0', lines(900, 950));
      const path = at('events.jsonl');
      const { positions } = await read({ path });
      appendFileSync(path, lines(10, 15));
      if (name.endsWith('.gz')) {
        put(name, gzipSync(lines(0, 15)));
        rmSync(path);
      } else renameSync(path, at(name));
      const expectedWarnings = [`events.jsonl was rotated: the rest of it is read from ${name} first`];
      // The new file does not exist yet, or is still empty.
      expect(numbers(await read({ path }, { positions }))).toStrictEqual(range(10, 15));
      put('events.jsonl', '');
      const tail = await read({ path }, { positions });
      expect([numbers(tail), tail.warnings]).toStrictEqual([range(10, 15), expectedWarnings]);
      expect((await read({ path }, { positions: tail.positions })).rows).toStrictEqual([]);

      put('events.jsonl', lines(100, 130));
      const next = await read({ path, pageBytes: 30 }, { positions });
      expect([numbers(next), next.warnings]).toStrictEqual([[...range(10, 15), ...range(100, 130)], expectedWarnings]);
      expect(next.rows[0]!.slice(0, 2)).toStrictEqual(['events.jsonl', 11]);
      expect(next.rows[5]!.slice(0, 2)).toStrictEqual(['events.jsonl', 1]);
      for (const page of next.pages) {
        const rest = await read({ path, pageBytes: 30 }, { from: page.cursor });
        expect(rest.rows).toStrictEqual(next.rows.slice(next.rows.length - rest.rows.length));
        expect(rest.rows.length).toBeGreaterThan(0);
      }
      expect(numbers(await read({ path }, { positions: tail.positions }))).toStrictEqual(range(100, 130));
      expect((await read({ path }, { positions: next.positions })).rows).toStrictEqual([]);
    },
  );

  test('a file that is rewritten while it is read gives a warning', async () => {
    put('events.jsonl', lines(0, 100));
    const read: Read = { pages: [], rows: [], warnings: [], positions: new Map() };
    const input = inputOf({ pageBytes: 100 });
    for await (const page of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
      taken(read, page);
      if (read.pages.length === 2) put('events.jsonl', lines(700, 900));
    }
    expect(numbers(read)).toStrictEqual([...range(0, read.pages[0]!.rows + read.pages[1]!.rows), ...range(700, 900)]);
    expect(read.warnings).toMatchObject([expect.stringContaining('was replaced')]);
  });

  test('a file that grows while it is read gives whole lines', async () => {
    const file = openSync(at('a.jsonl'), 'a');
    writeSync(file, lines(0, 100));
    let written = 100;
    const read: Read = { pages: [], rows: [], warnings: [], positions: new Map() };
    const input = inputOf({ pageBytes: 200 });
    for await (const page of input.pages(null, { signal: new AbortController().signal, more: () => true })) {
      taken(read, page);
      if (written < 1_000) {
        writeSync(file, lines(written, written + 9) + `{"n":${written + 9}`);
        writeSync(file, '}\n');
        written += 10;
      }
    }
    closeSync(file);
    const rest = await read_(read.positions);
    expect([...numbers(read), ...numbers(rest)]).toStrictEqual(range(0, written));
  });
  const read_ = (positions: Positions) => read({}, { positions });
});

describe('following', () => {
  /**
   * Follows until `until` rows have been read or `patience` milliseconds have passed, and calls `step` after each page.
   */
  async function follow(path: string, until: number, step: (read: Read) => void, patience = 240_000): Promise<Read> {
    const done: Read = { pages: [], rows: [], warnings: [], positions: new Map() };
    const give = Date.now() + patience;
    const more = () => done.rows.length < until && Date.now() < give;
    const input = inputOf({ path });
    const options = { signal: new AbortController().signal, more, follow: true };
    for await (const page of input.pages(null, options)) {
      taken(done, page);
      expect(page.next).not.toBeNull();
      step(done);
    }
    return done;
  }

  test('an added line is read when it is complete, also in new files and after a rotation', async () => {
    put('events.jsonl', lines(0, 3) + '{"n":');
    const steps = [
      () => void setTimeout(() => appendFileSync(at('events.jsonl'), '3}\n{"n":4}\n'), 100),
      () => put('later.jsonl', lines(5, 7)),
      () => {
        appendFileSync(at('events.jsonl'), lines(7, 8));
        renameSync(at('events.jsonl'), at('events.jsonl.1'));
        put('events.jsonl', lines(8, 10));
      },
    ];
    const done = await follow(folder, 10, () => steps.shift()?.());
    expect(numbers(done)).toStrictEqual(range(0, 10));
    expect(done.warnings).toStrictEqual(['events.jsonl was rotated: the rest of it is read from events.jsonl.1 first']);
  });

  test('a file that is missing for a moment, and late lines in a rotated file, lose no line', async () => {
    put('events.jsonl', lines(0, 2));
    const steps = [
      () => {
        renameSync(at('events.jsonl'), at('events.jsonl.1'));
        appendFileSync(at('events.jsonl.1'), lines(2, 3));
      },
      () => {
        appendFileSync(at('events.jsonl.1'), lines(3, 4));
        put('events.jsonl', '');
      },
      () => put('events.jsonl', lines(4, 5)),
    ];
    expect(numbers(await follow(at('events.jsonl'), 5, () => steps.shift()?.()))).toStrictEqual(range(0, 5));
  });

  test('follow ends soon when the caller wants no more, and at once when it is cancelled', async () => {
    put('a.jsonl', '{"n":');
    const none = await follow(folder, 1, () => {}, 300);
    expect(none.rows).toStrictEqual([]);
    const controller = new AbortController();
    const waiting = read({}, { follow: true, signal: controller.signal });
    await delay(50);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('failures', () => {
  test('name the path', async () => {
    expect(await failureOf({ path: at('none.jsonl') })).toMatchObject({
      kind: 'settings-invalid',
      message: `${at('none.jsonl')} does not exist`,
      details: { source: 'log', at: at('none.jsonl'), remedy: expect.any(String) },
    });
    put('file', '');
    expect(await failureOf({ path: at('file/x.jsonl') })).toMatchObject({ kind: 'settings-invalid' });
    mkdirSync(at('a.jsonl'));
    expect(await failureOf()).toMatchObject({
      kind: 'request-rejected',
      message: `${at('a.jsonl')} is a folder, not a file`,
    });
    rmSync(at('a.jsonl'), { recursive: true });
    execFileSync('mkfifo', [at('b.jsonl')]);
    expect(await failureOf()).toMatchObject({
      kind: 'request-rejected',
      message: `${at('b.jsonl')} is not a regular file`,
    });
    expect(await failureOf({ path: at('b.jsonl') })).toMatchObject({ kind: 'request-rejected' });
  });

  test('report UTF-16 and damaged gzip', async () => {
    put('a.jsonl', Buffer.from('\ufeff{"a":1}\n', 'utf16le'));
    expect(await failureOf()).toMatchObject({
      kind: 'response-mismatch',
      message: `${at('a.jsonl')} is UTF-16, not UTF-8`,
    });
    put('a.jsonl', gzipSync(lines(0, 10_000)).fill(0xaa, 5_000, 5_100));
    expect(await failureOf()).toMatchObject({
      kind: 'response-mismatch',
      message: `${at('a.jsonl')} is damaged: it does not decompress`,
    });
    expect(await failureOf({}, { file: 5 })).toMatchObject({ kind: 'cursor-expired' });
  });
});

describe('size', () => {
  const FILES = series(120, 10_000);
  const descriptors = () => readdirSync('/proc/self/fd').length;

  test(`${FILES} files are read with one open at a time`, async () => {
    for (let file = 0; file < FILES; file++) put(`${String(file).padStart(5, '0')}.jsonl`, `{"n":${file}}\n`);
    const before = descriptors();
    let most = 0;
    let seen = 0;
    const positions: Positions = new Map();
    for await (const page of inputOf().pages(null, { signal: new AbortController().signal, more: () => true })) {
      positions.set(page.position!.part, page.position!.at);
      seen += page.rows;
      if (seen % 100 === 0) most = Math.max(most, descriptors() - before);
    }
    expect(seen).toBe(FILES);
    expect(most).toBeLessThan(5);
    const again = await read({}, { positions });
    expect(again.pages).toHaveLength(1);
    expect(descriptors()).toBeLessThanOrEqual(before + 1);
  });
});
