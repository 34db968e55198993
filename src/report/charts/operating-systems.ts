import { defineChart, LIVE, sum } from '../chart.js';
import { stacks } from '../draw/stacks.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';

const MOST = 10;
const VERSIONS = 5;

interface System {
  /** `null` if no record reports it. */
  _id: string | null;
  hosts: number;
  versions: { version: string | null; hosts: number }[];
  kinds: number;
}

export const operatingSystems = defineChart<{ all: { systems: number; most: System[] } }>({
  name: 'operating-systems',
  section: 'Inventory',
  title: 'Operating systems',
  question: 'What do our hosts run, and in which versions?',
  empty: 'No hosts yet',
  queries: {
    all: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        { $group: { _id: { name: '$device.os.name', version: '$device.os.version' }, hosts: { $sum: 1 } } },
        { $sort: { hosts: -1, '_id.version': 1 } },
        {
          $group: {
            _id: '$_id.name',
            hosts: { $sum: '$hosts' },
            kinds: { $sum: 1 },
            versions: { $firstN: { n: VERSIONS, input: { version: '$_id.version', hosts: '$hosts' } } },
          },
        },
        { $sort: { hosts: -1, _id: 1 } },
        { $group: { _id: null, systems: { $sum: 1 }, most: { $firstN: { n: MOST, input: '$$ROOT' } } } },
      ],
    },
  },
  draw({ all }, { hosts }) {
    const { systems: kindsInAll, most: systems } = all[0] ?? { systems: 0, most: [] };
    const rest = Math.max(0, hosts - sum(systems.map((system) => system.hosts)));
    const nameOf = ({ _id }: System) => _id ?? 'Not reported';
    const further = kindsInAll - systems.length;
    const first = systems[0];
    return {
      summary: first
        ? `${nameOf(first)} is the most common of ${counted(kindsInAll, 'operating system')}: ${counted(first.hosts, 'host')}, ${percent(first.hosts, hosts)}.`
        : '',
      table: {
        head: ['Operating system', 'Version', 'Hosts'],
        rows: [
          ...systems.flatMap((system) => {
            const shown = system.versions.map(({ version, hosts }) => [
              nameOf(system),
              version ?? 'not reported',
              hosts,
            ]);
            const others = system.hosts - sum(system.versions.map(({ hosts }) => hosts));
            const left = system.kinds - system.versions.length;
            return others > 0 ? [...shown, [nameOf(system), `${number(left)} more`, others]] : shown;
          }),
          ...(rest > 0 ? [[`${number(further)} more`, '', rest]] : []),
        ],
      },
      figures: { hosts, systems: kindsInAll, further: rest },
      ...(systems.length === 0
        ? {}
        : {
            drawing: stacks([
              ...systems.map((system) => ({
                name: nameOf(system),
                total: system.hosts,
                parts: system.versions.map(({ version, hosts }) => ({ name: version ?? '', value: hosts })),
              })),
              ...(rest > 0 ? [{ name: `${number(further)} more`, total: rest, parts: [] }] : []),
            ]),
          }),
    };
  },
});
