import { number } from '../../format/number.js';
import Table from 'cli-table3';
import { colours as pc } from '../../format/colours.js';
import type { SourceAccount } from '../../model/run.js';
import type { RunSummary } from '../../workflows/collect-inventory.js';

const COLOURS: Record<string, (text: string) => string> = {
  complete: pc.green,
  fresh: pc.green,
  completed: pc.green,
  partial: pc.yellow,
  busy: pc.yellow,
  failed: pc.red,
};
const coloured = (status: string): string => (COLOURS[status] ?? String)(status);

/** The result of a run as JSON for programs: stable field names, counts only. */
export function summaryJson(summary: RunSummary): Record<string, unknown> {
  return {
    run: summary.run,
    status: summary.status,
    seconds: summary.seconds,
    hosts: summary.hosts,
    ...(summary.merged === undefined ? {} : { merged: summary.merged }),
    sources: Object.fromEntries(
      Object.entries(summary.sources).map(
        ([
          name,
          { status, parked, reason, remedy, pages, rows, records, new: created, changed, unchanged, quarantined, gone },
        ]) => [
          name,
          {
            status,
            ...(parked ? { parked } : {}),
            ...(reason ? { reason } : {}),
            ...(remedy ? { remedy } : {}),
            pages,
            ...(rows === undefined ? {} : { rows }),
            records,
            new: created,
            changed,
            unchanged,
            quarantined,
            gone,
          },
        ],
      ),
    ),
  };
}

/** Number of rows whose pages were fetched and not normalized yet. */
export const onlyFetched = ({ records, rows = 0 }: SourceAccount): number => (records === 0 ? rows : 0);

/** The result of a run as text for a terminal. */
export function summaryTable(summary: RunSummary): string {
  // Sorted, because sources end in a different order in each run.
  const sources = Object.entries(summary.sources).sort(([a], [b]) => (a < b ? -1 : 1));
  const fetched = sources.reduce((sum, [, account]) => sum + onlyFetched(account), 0);
  const records = sources.reduce((sum, [, account]) => sum + account.records, 0);
  const rate = summary.seconds > 0 ? Math.round(records / summary.seconds) : 0;
  const reasons = sources.flatMap(([name, { status, parked, reason, remedy }]) =>
    reason
      ? [
          `${name} is ${parked ? 'parked, ' : ''}${coloured(status)}: ${reason}`,
          ...(remedy ? [`  ${remedy}`] : []),
          ...(parked ? [`  Then: npm run rollcall -- resume ${name}; the next run goes on from there, too`] : []),
        ]
      : [],
  );
  const warnings = sources.flatMap(([name, account]) =>
    (account.warnings ?? []).map((warning) => `${name}: ${warning}`),
  );
  return [
    ...(sources.length > 0 ? [tableOf(sources, fetched > 0)] : []),
    `Run ${summary.run} ${coloured(summary.status)} in ${summary.seconds.toFixed(1)} s: ${[
      ...(summary.merged === undefined ? [] : [`${number(summary.merged)} records merged`]),
      ...(fetched > 0 ? [`${number(fetched)} rows fetched, not normalized yet`] : []),
      ...(records > 0 || (summary.merged === undefined && fetched === 0)
        ? [`${number(records)} records, ${number(rate)} records a second`]
        : []),
    ].join(', ')}`,
    ...reasons,
    ...warnings,
  ].join('\n');
}

/** Shows a column of rows only if a source has rows but no records yet. */
function tableOf(sources: readonly [string, SourceAccount][], withRows: boolean): string {
  const counts = [
    'pages',
    ...(withRows ? ['rows'] : []),
    'records',
    'new',
    'changed',
    'unchanged',
    'quarantined',
    'gone',
  ];
  const table = new Table({
    head: ['source', 'status', ...counts],
    colAligns: ['left', 'left', ...counts.map(() => 'right' as const)],
    style: { head: pc.isColorSupported ? ['bold'] : [], border: [] },
  });
  for (const [name, account] of sources) {
    const { status, parked, pages, rows = 0, records, new: created, changed, unchanged, quarantined, gone } = account;
    const numbers = [pages, ...(withRows ? [rows] : []), records, created, changed, unchanged, quarantined, gone];
    table.push([name, `${parked ? 'parked, ' : ''}${coloured(status)}`, ...numbers.map(number)]);
  }
  return table.toString();
}
