import { earliest, latest, time } from '../../../src/host/canonical/time.js';

const iso = (value: unknown) => time(value)?.toISOString();

test.each([
  ['2023-07-26T04:27:35Z', '2023-07-26T04:27:35.000Z'],
  ['2023-07-26T04:27:35.1Z', '2023-07-26T04:27:35.100Z'],
  ['2023-07-26T04:27:35.123456789Z', '2023-07-26T04:27:35.123Z'],
  ['2023-07-26T04:27:35.1234567Z', '2023-07-26T04:27:35.123Z'],
  ['2023-07-26T06:27:35+02:00', '2023-07-26T04:27:35.000Z'],
  ['2023-07-25T23:57:35-0430', '2023-07-26T04:27:35.000Z'],
  ['2023-07-26 04:27:35', '2023-07-26T04:27:35.000Z'],
  ['2023-07-26T04:27', '2023-07-26T04:27:00.000Z'],
  ['2023-07-26', '2023-07-26T00:00:00.000Z'],
  [' 2023-07-26T04:27:35Z ', '2023-07-26T04:27:35.000Z'],
  [{ $date: '2023-07-26T04:27:35.000Z' }, '2023-07-26T04:27:35.000Z'],
  [{ $date: 1_690_345_655_000 }, '2023-07-26T04:27:35.000Z'],
  [{ $date: { $numberLong: '1690345655000' } }, '2023-07-26T04:27:35.000Z'],
  [1_690_345_655, '2023-07-26T04:27:35.000Z'],
  ['1690345655000', '2023-07-26T04:27:35.000Z'],
  ['1690345655000000', '2023-07-26T04:27:35.000Z'],
  ['1690345655000000000', '2023-07-26T04:27:35.000Z'],
  [{ $numberLong: '1690345655000' }, '2023-07-26T04:27:35.000Z'],
  ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
])('%j is %s', (value, expected) => {
  expect(iso(value)).toBe(expected);
});

test.each([
  0,
  '0',
  '1970-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2023-02-30T00:00:00Z',
  '2023-02-30',
  '2023-13-01',
  '2023-01-01T25:00:00',
  'N/A',
  '',
  'yesterday',
  '07/26/2023',
  -5,
  NaN,
  null,
  {},
  { $date: null },
  { $date: {} },
  [],
  true,
  '1'.repeat(1_000_000),
])('%j is not a time', (value) => {
  expect(time(value)).toBeUndefined();
});

test('a time without a time zone is in UTC, whatever the time zone of the machine', () => {
  expect(iso('2020-08-03 12:24:29')).toBe('2020-08-03T12:24:29.000Z');
});

test('the earliest and the latest of several times ignore absent times', () => {
  const [a, b] = [new Date(1e12), new Date(2e12)];
  expect(latest(undefined, a, b)).toBe(b);
  expect(earliest(b, undefined, a)).toBe(a);
  expect(latest(undefined)).toBeUndefined();
});
