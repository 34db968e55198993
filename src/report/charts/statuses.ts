import { defineChart, LIVE, sum } from '../chart.js';
import { bars } from '../draw/bars.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';

const MOST = 10;

export const statuses = defineChart<{ statuses: { _id: string | null; hosts: number }; retired: { hosts: number } }>({
  name: 'statuses',
  section: 'Inventory',
  title: 'Status',
  question: 'Which status do the sources report for the hosts? How many hosts does no source list any more?',
  empty: 'No hosts yet',
  queries: {
    statuses: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        { $group: { _id: '$status', hosts: { $sum: 1 } } },
        { $sort: { hosts: -1, _id: 1 } },
        { $limit: MOST },
      ],
    },
    retired: { collection: 'hosts', pipeline: [{ $match: { retired: true } }, { $count: 'hosts' }] },
  },
  draw({ statuses, retired }, { hosts }) {
    const rest = Math.max(0, hosts - sum(statuses.map((status) => status.hosts)));
    const gone = retired[0]?.hosts ?? 0;
    const rows = [
      ...statuses.map(({ _id, hosts }) => ({ name: _id ?? 'not reported', value: hosts })),
      ...(rest > 0 ? [{ name: 'others', value: rest }] : []),
    ];
    return {
      summary: `${counted(hosts, 'host')} listed by at least one source; ${number(gone)} more retired, which no source lists any more.`,
      table: { head: ['Status', 'Hosts'], rows: [...rows.map(({ name, value }) => [name, value]), ['retired', gone]] },
      figures: { hosts, retired: gone },
      ...(hosts + gone === 0
        ? {}
        : {
            drawing: bars([
              ...rows.map((row) => ({ ...row, label: `${number(row.value)} · ${percent(row.value, hosts)}` })),
              { name: 'retired', value: gone, label: number(gone), part: 'quiet' as const },
            ]),
          }),
    };
  },
});
