import { resolveAll } from '../../../src/host/identity/resolve.js';
import type { Decision } from '../../../src/host/identity/resolution.js';
import { clusters, record } from '../records.js';

const serial = (serial_number: string) => ({ hw_info: { serial_number } });
const decision = (kind: Decision['kind'], a: string, b: string, at = '2026-01-01'): Decision => ({
  kind,
  records: [a, b],
  at,
});
const [a, b, c] = ['crowdstrike:a', 'qualys:b', 'tenable:c'];

test('a join decision joins records that have nothing in common, and is the reason', () => {
  const records = [record(a), record(b)];
  expect(clusters(records, [], [decision('join', a, b)])).toEqual([`${a} ${b}`]);
  expect(resolveAll(records, [decision('join', b, a)]).clusters[0]!.reasons).toEqual([
    { level: 'decision', keys: [], records: [a, b] },
  ]);
});

test('a split decision keeps whole clusters apart, whatever joins them', () => {
  const records = [record(a, serial('SERIAL0001')), record(b, serial('SERIAL0001'))];
  expect(clusters(records, [], [decision('split', a, b)])).toHaveLength(2);
  const chain = [...records, record(c, { ...serial('SERIAL0001') })];
  const found = clusters(chain, [], [decision('split', a, b)]);
  expect(found).toHaveLength(3);
  expect(resolveAll(chain, [decision('split', a, b)]).forbidden.map(({ rule }) => rule)).toContain('split');
});

test('of two contradicting decisions the later one applies, whatever their order', () => {
  const records = [record(a), record(b)];
  const [join, split] = [decision('join', a, b, '2026-01-02'), decision('split', a, b, '2026-01-03')];
  for (const decisions of [
    [join, split],
    [split, join],
  ])
    expect(clusters(records, [], decisions)).toHaveLength(2);
  const again = decision('join', a, b, '2026-01-04');
  for (const decisions of [
    [again, split, join],
    [join, split, again],
  ])
    expect(clusters(records, [], decisions)).toHaveLength(1);
});

test('a join through a third record does not undo a later split', () => {
  const records = [record(a), record(b), record(c)];
  const joins = [decision('join', a, c, '2026-01-01'), decision('join', b, c, '2026-01-02')];
  expect(clusters(records, [], joins)).toHaveLength(1);
  expect(clusters(records, [], [...joins, decision('split', a, b, '2026-01-03')])).toEqual([a, `${b} ${c}`]);
});

test('a join decision overrides different serials, and further records can join the cluster', () => {
  const records = [record(a, serial('SERIAL0001')), record(b, serial('SERIAL0002')), record(c, serial('SERIAL0002'))];
  expect(clusters(records)).toEqual([a, `${b} ${c}`]);
  expect(clusters(records, [], [decision('join', a, b)])).toEqual([`${a} ${b} ${c}`]);
});

test('a decision about a missing record changes nothing', () => {
  const records = [record(a, serial('SERIAL0001')), record(b, serial('SERIAL0001'))];
  expect(resolveAll(records, [decision('split', a, 'qualys:gone'), decision('join', 'qualys:gone', b)])).toEqual(
    resolveAll(records),
  );
});
