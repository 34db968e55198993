import Table from 'cli-table3';
import type { Errors } from './errors.js';
import type { Problems } from './given.js';
import type { Quality } from './metrics.js';

/** Prints to standard error which parts of the given files the benchmark did not use. */
export function printProblems({ bad_lines, examples, unknown, missing, repeated }: Problems): void {
  const lines = [
    ...(bad_lines ? [`${bad_lines} bad lines were skipped:`, ...examples.map((line) => `  ${line}`)] : []),
    ...(repeated ? [`${repeated} records repeat an earlier id and were skipped`] : []),
    ...(unknown ? [`${unknown} records are not in the truth: they are resolved but not measured`] : []),
    ...(missing ? [`${missing} rows of the truth have no record`] : []),
  ];
  for (const line of lines) process.stderr.write(`${line}\n`);
}

/** One row per method. */
export function tableOf(rows: readonly (readonly [string, Quality])[]): string {
  const head = [
    '',
    'records',
    'machines',
    'hosts',
    'precision',
    'recall',
    'F1',
    'B³ F1',
    'over-merged',
    'split',
    'largest',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  const exact = (value: number): string => value.toFixed(5);
  for (const [name, q] of rows) {
    const shares = [q.pair_precision, q.pair_recall, q.pair_f1, q.b3_f1].map(exact);
    table.push([name, q.records, q.machines, q.hosts, ...shares, q.over_merged, q.split, q.largest]);
  }
  return table.toString();
}

/** The `most` most frequent kinds of each error. */
export function textOf(errors: Errors, most: number): string {
  const list = (kinds: Errors['wrong']): string[] =>
    kinds
      .slice(0, most)
      .map(({ what, pairs, example }) => `${String(pairs).padStart(8)}  ${what}\n          ${example}`);
  const share = (pairs: number): string => `${pairs} (${((100 * pairs) / (errors.missed_pairs || 1)).toFixed(1)} %)`;
  return [
    `${errors.wrong_pairs} wrong pairs:`,
    ...list(errors.wrong),
    `${errors.missed_pairs} missed pairs, of them ${share(errors.without_key)} without any key in common and ` +
      `${share(errors.ambiguous)} with only keys in common that another machine has too:`,
    ...list(errors.missed),
    'missed pairs by pitfall; a pair counts once for each of its pitfalls:',
    ...errors.carried.slice(0, most).map(({ what, pairs }) => `${String(pairs).padStart(8)}  ${what}`),
  ].join('\n');
}
