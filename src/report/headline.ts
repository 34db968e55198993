import type { Scope } from './chart.js';
import type { ChartResult } from './run-charts.js';
import { number } from '../format/number.js';
import { percent } from './text.js';

/** A key figure at the top of the page. */
export interface Headline {
  label: string;
  value: number;
  note: string;
  /** Name of the chart that the figure comes from. */
  chart: string;
  /** Whether the user should act. */
  alert?: boolean;
}

/** The key figures, in the order of the page. */
export function headlinesOf(results: readonly ChartResult[], { hosts, days }: Scope): Headline[] {
  const figure = (chart: string, name: string) =>
    results.find((result) => result.chart.name === chart)?.drawn.figures[name] ?? 0;
  const records = figure('duplicates', 'records');
  const old = figure('old-and-new', 'old');
  const fresh = figure('old-and-new', 'new');
  const lacking = figure('coverage', 'lacking');
  const machines = figure('coverage', 'machines');
  const contradicted = figure('conflicts', 'hosts');
  const quarantined = figure('quarantine', 'records');
  return [
    { label: 'Hosts', value: hosts, note: `${number(figure('statuses', 'retired'))} retired`, chart: 'statuses' },
    {
      label: 'Source records',
      value: records,
      note: `${number(figure('duplicates', 'duplicates'))} duplicates`,
      chart: 'duplicates',
    },
    { label: 'Newly found', value: fresh, note: `first seen in ${days} days`, chart: 'old-and-new' },
    {
      label: 'Not seen',
      value: old,
      note: `for ${days} days, ${percent(old, hosts)}`,
      chart: 'old-and-new',
      alert: old > 0,
    },
    {
      label: 'Lack an agent',
      value: lacking,
      note: `${percent(lacking, machines)} of machines`,
      chart: 'coverage',
      alert: lacking > 0,
    },
    { label: 'Contradicted', value: contradicted, note: 'sources disagree', chart: 'conflicts' },
    {
      label: 'In quarantine',
      value: quarantined,
      note: 'not readable',
      chart: 'quarantine',
      alert: quarantined > 0,
    },
  ];
}
