import { measure } from '../../../bench/identity/metrics.js';

const of = (hosts: number[], machines: number[]) => measure(Int32Array.from(hosts), Int32Array.from(machines));

test('a partition that equals the truth has no errors, whatever the numbers of its groups are', () => {
  expect(of([5, 5, 2, 2, 2, 0], [0, 0, 1, 1, 1, 2])).toStrictEqual({
    records: 6,
    machines: 3,
    hosts: 3,
    pair_precision: 1,
    pair_recall: 1,
    pair_f1: 1,
    b3_f1: 1,
    over_merged: 0,
    split: 0,
    largest: 3,
  });
});

test('the measures of a wrong and a missed pair equal the values computed by hand', () => {
  // Hosts {a1 a2 b1} and {b2}: pairs joined 3, of them right 1; pairs of machines 2, of them found 1.
  const quality = of([0, 0, 0, 1], [0, 0, 1, 1]);
  expect(quality).toMatchObject({ pair_precision: 1 / 3, pair_recall: 1 / 2, over_merged: 1, split: 1, largest: 3 });
  expect(quality.pair_f1).toBeCloseTo(0.4, 12);
  // B-cubed precision (2/3 + 2/3 + 1/3 + 1) / 4 = 2/3, recall (1 + 1 + 1/2 + 1/2) / 4 = 3/4.
  expect(quality.b3_f1).toBeCloseTo((2 * (2 / 3) * (3 / 4)) / (2 / 3 + 3 / 4), 12);
});

test('one host with all records has recall 1, and hosts with one record each have precision 1', () => {
  expect(of([0, 0, 0, 0], [0, 0, 1, 1])).toMatchObject({
    pair_precision: 2 / 6,
    pair_recall: 1,
    over_merged: 1,
    split: 0,
  });
  expect(of([0, 1, 2, 3], [0, 0, 1, 1])).toMatchObject({ pair_precision: 1, pair_recall: 0, over_merged: 0, split: 2 });
});

test('a host with several split machines counts once as over-merged, and each split machine counts once', () => {
  expect(of([0, 0, 0, 1, 2, 3], [0, 1, 2, 0, 0, 1])).toMatchObject({ over_merged: 1, split: 2, hosts: 4, largest: 3 });
});

test('records that are not in the truth are ignored in every measure', () => {
  expect(of([0, 0, 0, 1], [0, 0, -1, -1])).toMatchObject({ records: 2, hosts: 1, machines: 1, largest: 2, pair_f1: 1 });
});

test('an empty set of records is measured without a division by zero', () => {
  expect(of([], [])).toMatchObject({ records: 0, hosts: 0, machines: 0, largest: 0, pair_f1: 1, b3_f1: 1 });
});
