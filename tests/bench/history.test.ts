import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readHistory, slowerThan, withHistory, type HistoryEntry } from '../../bench/history.js';

const entry = (first: number, hosts = 10_000): HistoryEntry => ({
  at: '2026-12-01',
  commit: 'abc1234',
  node: '20.20.2',
  fleet: 'lean',
  hosts,
  first,
  unchanged: 0.2,
  rss: 480,
});

test('a load that takes longer than the usual ones of its size is noticed', () => {
  const before = [entry(1.7), entry(1.8), entry(2.6), entry(9, 100_000)];
  expect(slowerThan(before, entry(2))).toEqual([]);
  expect(slowerThan(before, entry(2.1))).toEqual(['lean, 10000 hosts: "first" is 2.1, and was 1.8']);
  expect(slowerThan([], entry(9))).toEqual([]);
});

test('the page has the table of the kept history', () => {
  const root = join(__dirname, '../..');
  const page = readFileSync(join(root, 'docs/benchmarks.md'), 'utf8');
  expect(withHistory(page, readHistory(join(root, 'bench/history.jsonl')))).toBe(page);
  expect(withHistory(page, [entry(1.7), entry(1.8)])).toMatch(/1\.80 .*\n.*1\.70 /);
});
