import * as fc from 'fast-check';
import { outline, want } from '../../../src/connectors/http/json/outline.js';
import { jsonRows } from '../../../src/connectors/http/json/rows.js';
import { Malformed } from '../../../src/connectors/http/errors/malformed.js';
import type { Row } from '../../../src/model/source.js';
import { series } from '../../support/soak.js';

function rowsOf(text: string | Buffer, records = '', wrapper?: string): Row[] {
  const body = Buffer.from(text as string);
  const found = outline(body, want(records, {}, wrapper));
  return found.records ? [...jsonRows(body, found.records, wrapper)] : [];
}

const values = (rows: Row[]) => rows.map(({ value }) => value);
/** `JSON.parse`, but integers beyond 2^53 as text. */
const parsed = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'number' && /^-?\d+$/.test(String(value)) && !Number.isSafeInteger(value) ? String(value) : value,
  );

test('any JSON list gives the same values as JSON.parse, however it is indented', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t', '\r\n '), (list, indent) => {
      const text = JSON.stringify(list, null, indent);
      expect(values(rowsOf(text))).toEqual(parsed(text));
    }),
    { numRuns: series(100, 300) },
  );
});

test('a list inside any object is found at its path, with the values next to it', () => {
  const others = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(others, fc.array(fc.jsonValue()), fc.jsonValue(), others, (before, list, next, after) => {
      const document = { ...before, meta: { ...after, next }, resources: list, ...after };
      const text = JSON.stringify({ ...document, resources: list, meta: { ...after, next } });
      const body = Buffer.from(text);
      const found = outline(body, want('resources', { next: 'meta.next' }));
      expect(values([...jsonRows(body, found.records!)])).toEqual(parsed(JSON.stringify(list)));
      expect(found.values.get('next')?.toString()).toBe(JSON.stringify(next));
    }),
  );
});

test('each row has the position of its bytes, also after multi-byte characters', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))), (list) => {
      const body = Buffer.from(JSON.stringify(list, null, 2));
      for (const row of rowsOf(body)) {
        expect(JSON.parse(body.toString('utf8', row.offset, row.offset + row.length))).toEqual(row.value);
      }
    }),
  );
});

test('a truncated text is never accepted as complete', () => {
  const text = JSON.stringify({ meta: { n: [1, '}"]', {}] }, resources: [{ a: '\\"' }, { b: [[]] }] });
  for (let length = 0; length < text.length; length++) {
    expect(() => outline(Buffer.from(text.slice(0, length)), want('resources'))).toThrow(Malformed);
  }
  expect(() => outline(Buffer.from(`${text}]`), want('resources'))).toThrow('continues after its end');
});

test('a list with one corrupted byte gives correct neighbours, an error row or a malformed page, and nothing else', () => {
  const list = Array.from({ length: 5 }, (_, id) => ({ id, name: `host-${id}`, tags: [{ a: 1 }] }));
  const text = JSON.stringify(list);
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\', 'x', '\n'),
      (at, byte) => {
        const spoiled = text.slice(0, at) + byte + text.slice(at + 1);
        let whole: unknown;
        try {
          whole = JSON.parse(spoiled);
        } catch {
          whole = undefined;
        }
        let rows: Row[];
        try {
          // A page without a list is malformed.
          if (!outline(Buffer.from(spoiled), want('')).records) throw new Malformed('is not a list');
          rows = rowsOf(spoiled);
        } catch (error) {
          expect(error).toBeInstanceOf(Malformed);
          expect(whole).toBeUndefined();
          return;
        }
        if (whole !== undefined) expect(values(rows)).toEqual(whole);
        else expect(rows.some(({ error }) => error !== undefined)).toBe(true);
      },
    ),
    { numRuns: series(100, 500) },
  );
});

test('one broken record is an error row, and its neighbours are still read', () => {
  const rows = rowsOf('[{"id":1}, {"id":tru}, , {"id" 4}, nul, {"id":6}]');
  expect(rows.map(({ value, error }) => value ?? error)).toEqual([
    { id: 1 },
    'Not valid JSON',
    'Not valid JSON',
    'Not valid JSON',
    'Not valid JSON',
    { id: 6 },
  ]);
});

test('integers beyond 2^53 keep every digit as text and all other numbers stay numbers', () => {
  const [row] = rowsOf(
    '[{"a":12345678901234567890,"b":-9007199254740993,"c":9007199254740991,"d":1.2345678901234567,"e":1e3,"f":1e400,"g":[0,98765432109876543210],"h":"12345678901234567890"}]',
  );
  expect(row!.value).toEqual({
    a: '12345678901234567890',
    b: '-9007199254740993',
    c: 9_007_199_254_740_991,
    d: 1.234_567_890_123_456_7,
    e: 1000,
    f: '1e400',
    g: [0, '98765432109876543210'],
    h: '12345678901234567890',
  });
  expect(values(rowsOf('[1, 12345678901234567890]'))).toEqual([1, '12345678901234567890']);
});

test('every integer keeps its digits, wherever it is', () => {
  const integer = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });
  fc.assert(
    fc.property(fc.array(fc.array(integer)), (lists) => {
      const text = `[${lists.map((list) => `{"v":[${list.join(' , ')}]}`).join(',')}]`;
      const read = values(rowsOf(text)) as { v: (string | number)[] }[];
      expect(read.map(({ v }) => v.map(String))).toEqual(lists.map((list) => list.map(String)));
    }),
  );
});

test('numbers that JSON does not allow are errors and not text', () => {
  for (const number of [
    '01234567890123456789',
    '12345678901234567890.',
    '+12345678901234567890',
    '1234567890123456789e',
    '-',
  ]) {
    expect(rowsOf(`[{"n":${number}}]`)[0]!.error).toBe('Not valid JSON');
  }
});

test('a record nested deeper than a hundred levels is an error row, even a hundred thousand deep', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const rows = rowsOf(`[${deep(100)},${deep(101)},${deep(100_000)},{"id":1}]`);
  expect(rows.map(({ error }) => error)).toEqual([
    undefined,
    'Nested deeper than 100 levels',
    'Nested deeper than 100 levels',
    undefined,
  ]);
});

test('invalid UTF-8, lone surrogates, a byte order mark, NUL and prototype keys do not break the reader', () => {
  const invalid = Buffer.concat([
    Buffer.from('\u{feff}[{"a":"'),
    Buffer.from([0xff, 0xc3]),
    Buffer.from('"},{"a":"\\ud800"}]'),
  ]);
  expect(rowsOf(invalid).map(({ error }) => error)).toEqual([undefined, undefined]);
  const [row] = rowsOf('[{"__proto__":{"x":1},"a\\u0000":12345678901234567890}]');
  expect(Object.hasOwn(row!.value as object, '__proto__')).toBe(true);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('of two equal keys the last counts, as in JSON.parse', () => {
  expect(values(rowsOf('{"data":[1],"data":[2,3]}', 'data'))).toEqual([2, 3]);
  expect(values(rowsOf('[{"a":1,"a":2}]'))).toEqual([{ a: 2 }]);
});

test('wrapped records are unwrapped, also when a single record or an object replaces the list', () => {
  const one = { id: 1, list: [12_345] };
  for (const data of [[{ HostAsset: one }], { HostAsset: one }, { HostAsset: [one] }, [one], one]) {
    const rows = rowsOf(JSON.stringify({ ServiceResponse: { data } }), 'ServiceResponse.data', 'HostAsset');
    expect(values(rows)).toEqual([one]);
  }
  const rows = rowsOf('{"data": {"HostAsset": {"id": 12345678901234567890}}}', 'data', 'HostAsset');
  expect(values(rows)).toEqual([{ id: '12345678901234567890' }]);
});

test('a missing list, or a value that is not a list, is distinguished from an empty list', () => {
  const found = (text: string) => outline(Buffer.from(text), want('resources')).records?.count;
  expect(found('{"resources":[ ]}')).toBe(0);
  expect(found('{"resources":null}')).toBeUndefined();
  expect(found('{"meta":{"resources":[1]}}')).toBeUndefined();
  expect(found('[[1]]')).toBeUndefined();
  expect(found('{"resources":{"id":1}}')).toBeUndefined();
});
