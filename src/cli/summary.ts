import Table from 'cli-table3';
import { colours as pc } from './colours.js';
import type { RunSummary } from '../workflows/collect-inventory.js';

const number = (value: number): string => value.toLocaleString('en-US');
const COLOURS: Record<string, (text: string) => string> = {
  complete: pc.green,
  fresh: pc.green,
  completed: pc.green,
  partial: pc.yellow,
  busy: pc.yellow,
  failed: pc.red,
};
const coloured = (status: string): string => (COLOURS[status] ?? String)(status);

/** The machine-readable end of a run: stable field names, counts only. */
export function summaryJson(summary: RunSummary): Record<string, unknown> {
  return {
    run: summary.run,
    status: summary.status,
    seconds: summary.seconds,
    hosts: summary.hosts,
    sources: Object.fromEntries(
      Object.entries(summary.sources).map(
        ([
          name,
          { status, parked, reason, remedy, pages, records, new: created, changed, unchanged, quarantined, gone },
        ]) => [
          name,
          {
            status,
            ...(parked ? { parked } : {}),
            ...(reason ? { reason } : {}),
            ...(remedy ? { remedy } : {}),
            pages,
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

/** The table that ends a run on a terminal. */
export function summaryTable(summary: RunSummary): string {
  const table = new Table({
    head: ['source', 'status', 'pages', 'records', 'new', 'changed', 'unchanged', 'quarantined', 'gone'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: pc.isColorSupported ? ['bold'] : [], border: [] },
  });
  // They come in the order in which they ended, which differs from run to run.
  const sources = Object.entries(summary.sources).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, account] of sources) {
    const { status, parked, pages, records, new: created, changed, unchanged, quarantined, gone } = account;
    table.push([
      name,
      `${parked ? 'parked, ' : ''}${coloured(status)}`,
      ...[pages, records, created, changed, unchanged, quarantined, gone].map(number),
    ]);
  }
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
    table.toString(),
    `Run ${summary.run} ${coloured(summary.status)} in ${summary.seconds.toFixed(1)} s: ${number(records)} records, ${number(rate)} records a second`,
    ...reasons,
    ...warnings,
  ].join('\n');
}
