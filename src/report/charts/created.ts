import { defineChart, LIVE, sum } from '../chart.js';
import { columns } from '../draw/columns.js';
import { counted } from '../../format/number.js';

/** Maximum number of months; a longer series is drawn by year. */
const MONTHS = 36;
const YEARS = 40;

interface Month {
  /** `2026-03`; `null` if no record reports it. */
  _id: string | null;
  hosts: number;
}

export const created = defineChart<{ months: Month }>({
  name: 'created',
  section: 'Inventory',
  title: 'Hosts by creation date',
  question:
    'How has the fleet grown? By the time a host was created, or else first seen; month by month, or year by year.',
  empty: 'No record reports when its host was created or first seen',
  queries: {
    months: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        {
          $group: {
            _id: {
              $dateToString: { date: { $ifNull: ['$device.created_time', '$first_seen'] }, format: '%Y-%m' },
            },
            hosts: { $sum: 1 },
          },
        },
        { $sort: { _id: -1 } },
        { $limit: 1_200 },
      ],
    },
  },
  draw({ months }) {
    const known = months.filter((month): month is Month & { _id: string } => month._id !== null).reverse();
    const unknown = sum(months.filter(({ _id }) => _id === null).map(({ hosts }) => hosts));
    const years = new Map<string, number>();
    for (const { _id, hosts } of known) years.set(_id.slice(0, 4), (years.get(_id.slice(0, 4)) ?? 0) + hosts);
    const byMonth = everyMonth(known);
    const drawn = byMonth.length <= MONTHS ? byMonth : everyYear(years);
    const busiest = drawn.toSorted((a, b) => b.hosts - a.hosts)[0];
    return {
      summary: busiest
        ? `Most hosts were created in ${busiest.name}: ${counted(busiest.hosts, 'host')}. ${drawn.at(-1)!.name}: ${counted(drawn.at(-1)!.hosts, 'host')}.`
        : '',
      table: {
        head: ['Month', 'Hosts'],
        rows: [...known.map(({ _id, hosts }) => [_id, hosts]), ...(unknown > 0 ? [['not reported', unknown]] : [])],
      },
      figures: { unknown, ...Object.fromEntries(years) },
      ...(known.length === 0
        ? {}
        : {
            drawing: columns(
              drawn.map(({ name, hosts }) => ({ name, values: [hosts] })),
              { series: [{ name: 'hosts', part: 'blue' }], labels: drawn.length <= 10 },
            ),
          }),
    };
  },
});

/** All months from the first to the last, including those without a host. */
function everyMonth(known: readonly (Month & { _id: string })[]): { name: string; hosts: number }[] {
  const [first, last] = [known[0]?._id, known.at(-1)?._id];
  if (first === undefined || last === undefined) return [];
  const hosts = new Map(known.map((month) => [month._id, month.hosts]));
  const months = [];
  const [year, month] = first.split('-').map(Number) as [number, number];
  for (let at = 0; at <= MONTHS; at += 1) {
    const name = new Date(Date.UTC(year, month - 1 + at, 15)).toISOString().slice(0, 7);
    months.push({ name, hosts: hosts.get(name) ?? 0 });
    if (name === last) break;
  }
  return months;
}

/** All years from the first to the last, including years without a host. If there are many, only the latest years. */
function everyYear(years: ReadonlyMap<string, number>): { name: string; hosts: number }[] {
  const known = [...years.keys()].map(Number);
  const last = Math.max(...known);
  const first = Math.max(Math.min(...known), last - YEARS);
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const name = String(first + at);
    return { name, hosts: years.get(name.padStart(4, '0')) ?? 0 };
  });
}
