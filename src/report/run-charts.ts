import { CHARTS } from './charts/index.js';
import { clean } from './clean.js';
import { LIVE, type Chart, type Drawn, type Scope } from './chart.js';
import { mongoshOf, rowsOf, type Query, type Reader } from './query.js';

/** A chart, its data, and the queries that returned it. */
export interface ChartResult {
  chart: Chart;
  drawn: Drawn;
  /** The queries by name, as lines for mongosh. */
  queries: Record<string, string>;
  /** The results of the queries. */
  rows: Record<string, object[]>;
}

/**
 * Counts the hosts that at least one source lists, and their records. Percentages in the report are relative to these numbers.
 */
export const TOTALS: Query = {
  collection: 'hosts',
  pipeline: [{ $match: LIVE }, { $group: { _id: null, hosts: { $sum: 1 }, records: { $sum: { $size: '$sources' } } } }],
};

/** Runs every chart's queries one after the other; equal queries run once. */
export async function runCharts(reader: Reader, { asOf, days }: Pick<Scope, 'asOf' | 'days'>, signal?: AbortSignal) {
  const cache = new Map<string, Record<string, unknown>[]>();
  const ask = async (query: Query, text: string) => {
    signal?.throwIfAborted();
    const rows = cache.get(text) ?? (await rowsOf<Record<string, unknown>>(reader, query));
    cache.set(text, rows);
    return rows;
  };
  const [totals] = await rowsOf<{ hosts: number; records: number }>(reader, TOTALS);
  const scope: Scope = { asOf, days, hosts: totals?.hosts ?? 0, records: totals?.records ?? 0 };
  const results: ChartResult[] = [];
  for (const chart of CHARTS) {
    const rows: Record<string, object[]> = {};
    const queries: Record<string, string> = {};
    for (const [name, given] of Object.entries(chart.queries)) {
      const query = typeof given === 'function' ? given(scope, rows) : given;
      queries[name] = mongoshOf(reader.store, query);
      rows[name] = await ask(query, queries[name]);
    }
    // Cleaned only after all queries, because a dependent query must use the original values.
    results.push({ chart, drawn: chart.draw(clean(rows), scope), queries: clean(queries, Infinity), rows });
  }
  return { scope, results };
}
