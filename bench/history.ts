import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './load.js';

/** One measured load: a line of `bench/history.jsonl`, which is kept with the code. */
export interface HistoryEntry {
  /** Date, `YYYY-MM-DD`. */
  at: string;
  commit: string;
  node: string;
  fleet: string;
  hosts: number;
  /** First load in multiples of the bare script's time. */
  first: number;
  /** Unchanged load as a part of the first load. */
  unchanged: number;
  /** Peak memory of the worker, MB. */
  rss: number;
}

const MARKS = ['<!-- history -->', '<!-- end of history -->'] as const;
/** A figure is compared with the median of so many earlier ones. */
const COMPARED = 5;
/** A load that takes longer by more than this share has become slower. On a busy machine ratios vary by a tenth. */
const NOISE = 0.15;

/**
 * Adds the measurements to `bench/history.jsonl`, writes the table of `docs/benchmarks.md` anew, and returns a message for each
 * ratio that is worse than before.
 */
export function addToHistory(measured: readonly Measured[], root = process.cwd()): string[] {
  const path = join(root, 'bench/history.jsonl');
  const before = readHistory(path);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const at = new Date().toISOString().slice(0, 10);
  const added = measured.map((one) => entryOf(one, { at, commit, node: process.versions.node }));
  appendFileSync(path, added.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const page = join(root, 'docs/benchmarks.md');
  writeFileSync(page, withHistory(readFileSync(page, 'utf8'), [...before, ...added]));
  return added.flatMap((entry) => slowerThan(before, entry));
}

export function readHistory(path: string): HistoryEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as HistoryEntry);
}

/** The page with the table of all entries, the latest first, between the marks. */
export function withHistory(page: string, entries: readonly HistoryEntry[]): string {
  const [start, end] = MARKS.map((mark) => page.indexOf(mark)) as [number, number];
  const head = ['date', 'commit', 'Node', 'fleet', 'hosts', 'first / floor', 'unchanged / first', 'RSS MB'];
  const rows = entries
    .toReversed()
    .map(({ at, commit, node, fleet, hosts, first, unchanged, rss }) =>
      [at, commit, node, fleet, hosts.toLocaleString('en'), first.toFixed(2), unchanged.toFixed(2), rss].map(String),
    );
  const table = [head, head.map(() => '---'), ...rows];
  const widths = head.map((_, at) => Math.max(...table.map((row) => row[at]!.length)));
  const lines = table.map((row, number) => {
    const cells = row.map((cell, at) => (number === 1 ? '-'.repeat(widths[at]!) : cell.padEnd(widths[at]!)));
    return `| ${cells.join(' | ')} |`;
  });
  return `${page.slice(0, start + MARKS[0].length)}\n\n${lines.join('\n')}\n\n${page.slice(end)}`;
}

/** Messages about the ratios of an entry that are worse than the median of the latest entries of the same load. */
export function slowerThan(before: readonly HistoryEntry[], entry: HistoryEntry): string[] {
  const same = before.filter(({ fleet, hosts }) => fleet === entry.fleet && hosts === entry.hosts).slice(-COMPARED);
  if (same.length === 0) return [];
  return (['first', 'unchanged', 'rss'] as const).flatMap((figure) => {
    const usual = same.map((one) => one[figure]).sort((a, b) => a - b)[same.length >> 1]!;
    return entry[figure] <= usual * (1 + NOISE)
      ? []
      : [`${entry.fleet}, ${entry.hosts} hosts: "${figure}" is ${entry[figure]}, and was ${usual}`];
  });
}

function entryOf(one: Measured, made: Pick<HistoryEntry, 'at' | 'commit' | 'node'>): HistoryEntry {
  const rounded = (value: number) => Math.round(value * 100) / 100;
  return {
    ...made,
    fleet: one.fleet,
    hosts: one.hosts,
    first: rounded(one.first_seconds / one.floor_seconds),
    unchanged: rounded(one.unchanged_seconds / one.first_seconds),
    rss: one.rss_mb,
  };
}
