import { CHARTS } from './charts/index.js';
import { clean } from './clean.js';
import { LIVE, type Chart, type Drawn, type Scope } from './chart.js';
import { mongoshOf, rowsOf, type Query, type Reader } from './query.js';

/** A chart, its numbers, and the queries that gave them. */
export interface Answer {
  chart: Chart;
  drawn: Drawn;
  /** By name, as lines for mongosh. */
  queries: Record<string, string>;
  /** What they returned. */
  rows: Record<string, object[]>;
}

/** How many hosts at least one source lists, what shares are shares of; and of how many records they were made. */
export const TOTALS: Query = {
  collection: 'hosts',
  pipeline: [{ $match: LIVE }, { $group: { _id: null, hosts: { $sum: 1 }, records: { $sum: { $size: '$sources' } } } }],
};

/** Asks every chart's queries, one after the other, each once. */
export async function answersOf(reader: Reader, { asOf, days }: Pick<Scope, 'asOf' | 'days'>, signal?: AbortSignal) {
  const known = new Map<string, Record<string, unknown>[]>();
  const ask = async (query: Query, text: string) => {
    signal?.throwIfAborted();
    const rows = known.get(text) ?? (await rowsOf<Record<string, unknown>>(reader, query));
    known.set(text, rows);
    return rows;
  };
  const [totals] = await rowsOf<{ hosts: number; records: number }>(reader, TOTALS);
  const scope: Scope = { asOf, days, hosts: totals?.hosts ?? 0, records: totals?.records ?? 0 };
  const answers: Answer[] = [];
  for (const chart of CHARTS) {
    const rows: Record<string, object[]> = {};
    const queries: Record<string, string> = {};
    for (const [name, asked] of Object.entries(chart.queries)) {
      const query = typeof asked === 'function' ? asked(scope, rows) : asked;
      queries[name] = mongoshOf(reader.store, query);
      rows[name] = await ask(query, queries[name]);
    }
    // Cleaned only now: a query that follows from another one has to name things as they are.
    answers.push({ chart, drawn: chart.draw(clean(rows), scope), queries: clean(queries, Infinity), rows });
  }
  return { scope, answers };
}
