import { defineChart, LIVE, sum } from '../chart.js';
import { upset } from '../draw/upset.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';
import { SOURCES_OF } from './coverage.js';

const SETS = 8;
const INTERSECTIONS = 10;

export const sourceOverlap = defineChart<{
  combinations: { _id: string[]; hosts: number };
}>({
  name: 'source-overlap',
  section: 'Coverage',
  title: 'Sources and their overlap',
  question: 'How many hosts does each source list, how many are listed by one source only, and how many by several?',
  empty: 'No hosts yet',
  queries: {
    combinations: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        { $group: { _id: { $sortArray: { input: SOURCES_OF, sortBy: 1 } }, hosts: { $sum: 1 } } },
        { $sort: { hosts: -1, _id: 1 } },
        { $limit: 5_000 },
      ],
    },
  },
  draw({ combinations }, { hosts }) {
    const sources = membersOf(combinations);
    const alone = sum(combinations.filter(({ _id }) => _id.length === 1).map((one) => one.hosts));
    const several = sum(combinations.filter(({ _id }) => _id.length > 1).map((one) => one.hosts));
    const sets = sources.slice(0, SETS);
    const indexes = new Map(sets.map(({ name }, at) => [name, at]));
    const intersections = combinations
      .filter(({ _id }) => _id.length > 0 && _id.every((name) => indexes.has(name)))
      .slice(0, INTERSECTIONS)
      .map(({ _id, hosts }) => ({ of: _id.map((name) => indexes.get(name)!), size: hosts }));
    return {
      summary: `${counted(several, 'host')} (${percent(several, hosts)}) listed by several sources, ${number(alone)} by one only.`,
      table: {
        head: ['Listed by exactly', 'Hosts'],
        rows: combinations.map(({ _id, hosts }) => [_id.join(' + '), hosts]),
      },
      figures: { alone, several, ...Object.fromEntries(sources.map(({ name, size }) => [`source ${name}`, size])) },
      ...(intersections.length === 0 ? {} : { drawing: upset({ sets, intersections }) }),
    };
  },
});

/** The number of hosts of each source, the largest first. Each host is in exactly one combination of sources. */
function membersOf(combinations: readonly { _id: string[]; hosts: number }[]): { name: string; size: number }[] {
  const sizes = new Map<string, number>();
  for (const { _id, hosts } of combinations) for (const name of _id) sizes.set(name, (sizes.get(name) ?? 0) + hosts);
  return [...sizes]
    .map(([name, size]) => ({ name, size }))
    .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
}
