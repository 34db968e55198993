import { clean, count, digits, text } from '../../../src/host/canonical/text.js';

test.each(['', '  ', 'null', 'NULL', 'N/A', 'None', 'unknown', 'Not Available', '-', '(null)'])(
  '%j is an absent value',
  (placeholder) => {
    expect(text(placeholder)).toBeUndefined();
  },
);

test('a text that only begins like a placeholder is a value, and a tag can be named None', () => {
  expect(text('nonesuch')).toBe('nonesuch');
  expect(text('Unknown Device 7')).toBe('Unknown Device 7');
  expect(clean('None')).toBe('None');
});

test('control characters are removed, line breaks become spaces, lone surrogates are replaced, and pairs are kept', () => {
  expect(clean('a\0b\u001b[31mc')).toBe('ab[31mc');
  expect(clean('a\r\nb\tc')).toBe('a b c');
  expect(clean('x\ud800y\udc00z')).toBe('x\ufffdy\ufffdz');
  expect(clean('zoë 😀')).toBe('zoë 😀');
});

test('ten megabytes are truncated to the limit, even in the middle of a surrogate pair', () => {
  expect(clean('a'.repeat(10_000_000))).toHaveLength(1_024);
  expect(clean('a😀', 2)).toBe('a\ufffd');
});

test('numbers become text; objects, booleans and lists are absent values', () => {
  expect(text(7)).toBe('7');
  expect(text({ $numberLong: '11730616285' })).toBe('11730616285');
  expect(text({ isLosslessNumber: true, value: '9007199254740993' })).toBe('9007199254740993');
  expect(text(10n ** 20n)).toBe('100000000000000000000');
  for (const wrong of [{ $gt: '' }, { $numberLong: 5 }, true, null, undefined, ['x'], NaN, Infinity])
    expect(text(wrong)).toBeUndefined();
});

test('a JSON number beyond 2^53 is an absent value, because it has lost digits', () => {
  expect(digits(2 ** 53)).toBeUndefined();
  expect(digits(2 ** 53 - 1)).toBe('9007199254740991');
});

test('a count is a safe integer, read from any form of a number', () => {
  expect(count('0966')).toBe(966);
  expect(count({ $numberLong: '4445548544' })).toBe(4_445_548_544);
  for (const wrong of ['-1', '1.5', '1e3', '99999999999999999', '', {}, null]) expect(count(wrong)).toBeUndefined();
});
