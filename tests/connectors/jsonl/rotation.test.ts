import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { jsonlInput, jsonlRows } from '../../../src/connectors/jsonl/index.js';
import type { Cursor } from '../../../src/model/source.js';
import { series } from '../../support/soak.js';

const root = mkdtempSync(join(tmpdir(), 'rollcall-rotation-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** A folder with a log, and the lines that runs have read so far. */
class Log {
  readonly folder = join(root, String(folders++));
  readonly positions = new Map<string, Cursor>();
  readonly read: number[] = [];
  warnings: string[] = [];
  /** The number of lines written so far. Each line contains its own number. */
  lines = 0;

  constructor(
    readonly name = 'events.jsonl',
    private readonly whole = false,
  ) {
    mkdirSync(this.folder);
  }

  at = (name = this.name) => join(this.folder, name);

  append(count: number, name = this.name, padding = 0): void {
    const text = Array.from({ length: count }, () => `{"n":${this.lines++},"x":"${'x'.repeat(padding)}"}\n`).join('');
    appendFileSync(this.at(name), text);
  }

  /** Runs once, for at most `pages` pages. */
  async run(pages = Infinity): Promise<void> {
    const input = jsonlInput({ source: 'log', path: this.whole ? this.folder : this.at(), pageBytes: 1_000 });
    const positions = async () => new Map(JSON.parse(JSON.stringify([...this.positions])) as [string, Cursor][]);
    let left = pages;
    this.warnings = [];
    const options = { signal: new AbortController().signal, more: () => left-- > 0, positions };
    for await (const page of input.pages(null, options)) {
      for (const row of jsonlRows()(page, 'log')) this.read.push((row.value as { n: number }).n);
      this.warnings.push(...(page.warnings ?? []));
      if (page.position) this.positions.set(page.position.part, page.position.at);
    }
  }

  /** `events.jsonl.1` becomes `.2`, and so on; all but the first may be compressed. */
  shift(compress: boolean, copy = false): void {
    const nameOf = (at: number) =>
      [`${this.name}.${at}`, `${this.name}.${at}.gz`].find((name) => existsSync(this.at(name)));
    let last = 0;
    while (nameOf(last + 1)) last += 1;
    for (; last > 0; last -= 1) {
      const from = nameOf(last)!;
      const plain = `${this.name}.${last + 1}`;
      if (!compress || from.endsWith('.gz'))
        renameSync(this.at(from), this.at(from.endsWith('.gz') ? `${plain}.gz` : plain));
      else {
        writeFileSync(this.at(`${plain}.gz`), gzipSync(readFileSync(this.at(from))));
        unlinkSync(this.at(from));
      }
    }
    if (!copy) renameSync(this.at(), this.at(`${this.name}.1`));
    else {
      copyFileSync(this.at(), this.at(`${this.name}.1`));
      truncateSync(this.at(), 0);
    }
    if (!copy) writeFileSync(this.at(), '');
  }

  /** Expects each line exactly once. */
  expectAll(): void {
    expect([...this.read].sort((a, b) => a - b)).toEqual(Array.from({ length: this.lines }, (_, n) => n));
  }
}

describe.each([
  ['renamed', (log: Log) => log.shift(false)],
  ['renamed and compressed', (log: Log) => log.shift(true)],
  ['copied and truncated', (log: Log) => log.shift(false, true)],
  ['copied, truncated and compressed', (log: Log) => log.shift(true, true)],
  [
    'renamed to its date',
    (log: Log) => {
      renameSync(log.at(), log.at(`events.2026-03-${String(10 + (dates++ % 80)).padStart(2, '0')}.jsonl`));
      writeFileSync(log.at(), '');
    },
  ],
])('a log that is %s', (_, rotate) => {
  const shapes = [
    [2, 3],
    [3, 200],
    [1, 0],
    [1, 3],
    [4, 3],
    [2, 0],
  ] as const;
  test.each(shapes.slice(0, series(3, 6)))(
    'is read completely and in order after %i rotations with %i new lines each',
    async (rotations, count) => {
      for (const whole of [false, true]) {
        const log = new Log('events.jsonl', whole);
        log.append(5);
        await log.run();
        for (let turn = 0; turn < rotations; turn += 1) {
          log.append(count);
          rotate(log);
        }
        log.append(count);
        await log.run(1);
        for (let stops = 0; stops < 3; stops += 1) await log.run(2);
        await log.run();
        log.expectAll();
        if (!whole) expect(log.read).toEqual([...log.read].sort((a, b) => a - b));
        expect(log.warnings.filter((warning) => warning.includes('lost'))).toEqual([]);
        await log.run();
        expect([log.read.length, log.warnings]).toEqual([log.lines, []]);
      }
    },
  );

  test('is read completely when it was empty at the first run', async () => {
    for (const whole of [false, true]) {
      const log = new Log('events.jsonl', whole);
      log.append(0);
      await log.run();
      for (let turn = 0; turn < 2; turn += 1) {
        log.append(3);
        rotate(log);
      }
      log.append(3);
      await log.run();
      log.expectAll();
    }
  });
});
let dates = 0;

test('a symbolic link that moves to one or several new files loses no line', async () => {
  for (const moves of [1, 3]) {
    const log = new Log('current.jsonl');
    const day = (at: number) => `events-2026-03-0${at}.jsonl`;
    const link = (at: number) => {
      rmSync(log.at(), { force: true });
      symlinkSync(day(at), log.at());
    };
    log.append(3, day(1));
    link(1);
    await log.run();
    for (let at = 1; at <= moves; at += 1) {
      log.append(2, day(at));
      link(at + 1);
      log.append(2, day(at + 1));
    }
    await log.run(1);
    await log.run();
    log.expectAll();
    await log.run();
    expect([log.read.length, log.warnings]).toEqual([log.lines, []]);
  }
});

test('a symbolic link next to its target is not a second log', async () => {
  const log = new Log('current.jsonl', true);
  log.append(3, 'events-1.jsonl');
  symlinkSync('events-1.jsonl', log.at());
  await log.run();
  log.append(3, 'events-2.jsonl');
  unlinkSync(log.at());
  symlinkSync('events-2.jsonl', log.at());
  await log.run();
  log.expectAll();
});

test.each([
  ['of the same size', 5],
  ['that is longer than the read position', 50],
  ['that is shorter', 2],
])('a replacement file %s is read, and a warning reports the unread rest of the first file', async (_, count) => {
  for (const inPlace of [true, false]) {
    const log = new Log();
    log.append(5);
    await log.run();
    log.append(5);
    const { length } = readFileSync(log.at());
    if (inPlace) truncateSync(log.at(), 0);
    else unlinkSync(log.at()); // the file system is likely to reuse its inode
    const lost = [5, 6, 7, 8, 9];
    const ten = log.lines;
    log.append(count);
    await log.run();
    expect(log.read).toEqual(Array.from({ length: log.lines }, (_, n) => n).filter((n) => !lost.includes(n)));
    expect(ten).toBe(10);
    expect(log.warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          `^events.jsonl was (replaced|truncated).*after byte ${length / 2} of the old content, if any, are lost`,
        ),
      ),
    ]);
    await log.run();
    expect(log.warnings).toEqual([]);
  }
});

test('files with equal beginnings are distinguished by the bytes before the position', async () => {
  const log = new Log();
  const header = `{"n":0,"x":"${'x'.repeat(5_000)}"}\n`;
  writeFileSync(log.at(), `${header}{"n":1}\n`);
  await log.run();
  appendFileSync(log.at(), '{"n":2}\n');
  log.shift(false);
  writeFileSync(log.at(), `${header}{"n":3}\n{"n":4}\n`);
  await log.run();
  expect(log.read).toEqual([0, 1, 2, 0, 3, 4]);
});

test('a file that is gone from its folder is reported once, with the position', async () => {
  const log = new Log('a.jsonl', true);
  log.append(3);
  log.append(3, 'b.jsonl');
  await log.run();
  const { length } = readFileSync(log.at());
  unlinkSync(log.at());
  await log.run();
  expect(log.warnings).toEqual([`a.jsonl is gone: ${length} bytes of it had been read; later lines, if any, are lost`]);
  await log.run();
  expect(log.warnings).toEqual([]);
  log.append(2);
  await log.run();
  log.expectAll();
});

test('when many files are gone, the warnings name some and state that there are more', async () => {
  const log = new Log('a.jsonl', true);
  for (let at = 0; at < 150; at += 1) log.append(1, `${at}.jsonl`);
  await log.run();
  for (let at = 0; at < 150; at += 1) unlinkSync(log.at(`${at}.jsonl`));
  await log.run();
  expect(log.warnings).toHaveLength(101);
  expect(log.warnings).toContain('more files were rotated, truncated or removed than are named here');
});

test('a rotated file from before the first run stays unread, and late lines in a finished file are reported', async () => {
  const log = new Log();
  writeFileSync(log.at('events.jsonl.1'), '{"n":900}\n');
  log.append(3);
  await log.run();
  log.shift(false);
  log.append(3);
  await log.run();
  log.expectAll();
  appendFileSync(log.at('events.jsonl.1'), '{"n":901}\n');
  await log.run();
  expect(log.warnings).toEqual([
    'events.jsonl.1 has grown by 10 bytes since it was read to its end: they are not read',
  ]);
  await log.run();
  log.expectAll();
});

test('in random histories, each line is delivered once, or its loss is reported', async () => {
  const style = fc.record({
    whole: fc.boolean(),
    kind: fc.constantFrom('rename', 'compress', 'copy', 'copy-compress', 'date', 'link'),
  });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('append'), lines: fc.nat(6), padding: fc.constantFrom(0, 0, 300, 5_000) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('rotate') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('run'), pages: fc.constantFrom(1, 2, Infinity) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate') }) },
  );
  await fc.assert(
    fc.asyncProperty(style, fc.array(step, { maxLength: 25 }), async ({ whole, kind }, steps) => {
      const log = new Log('events.jsonl', whole && kind !== 'link');
      let day = 1_000;
      const target = () => (kind === 'link' ? `data-${day}.jsonl` : log.name);
      log.append(0, target());
      if (kind === 'link') symlinkSync(target(), log.at());
      await log.run();
      // The first line of the current file. Lines that are truncated before a run reads them are lost.
      let first = 0;
      let moved = false;
      const lost = new Set<number>();
      const allWarnings: string[] = [];
      for (const each of steps as { do: string; lines?: number; padding?: number; pages?: number }[]) {
        if (each.do === 'append') log.append(each.lines!, target(), each.padding);
        else if (each.do === 'run') {
          await log.run(each.pages);
          allWarnings.push(...log.warnings);
          moved = false;
        } else if (each.do === 'rotate') {
          moved = true;
          first = log.lines;
          if (kind === 'link') {
            day += 1;
            writeFileSync(log.at(target()), '');
            unlinkSync(log.at());
            symlinkSync(target(), log.at());
          } else if (kind === 'date') {
            renameSync(log.at(), log.at(`events.2026-${(day += 1)}.jsonl`));
            writeFileSync(log.at(), '');
          } else log.shift(kind.endsWith('compress'), kind.startsWith('copy'));
        } else if (!moved && log.read.some((n) => n >= first)) {
          // The input can detect a loss only after it has read a line of the file.
          for (let n = first; n < log.lines; n += 1) if (!log.read.includes(n)) lost.add(n);
          truncateSync(log.at(target()), 0);
          first = log.lines;
          moved = true;
        }
      }
      await log.run();
      allWarnings.push(...log.warnings);
      const all = Array.from({ length: log.lines }, (_, n) => n).filter((n) => !lost.has(n));
      expect([...log.read].sort((a, b) => a - b)).toEqual(all);
      if (lost.size > 0) expect(allWarnings.join('\n')).toMatch(/after byte \d+ of the old content, if any, are lost/);
      await log.run();
      expect([log.read.length, log.warnings]).toEqual([all.length, []]);
    }),
    { numRuns: series(4, 300) },
  );
});
