import type { Document } from 'mongodb';
import { defineChart, LIVE, sum } from '../chart.js';
import { matrix } from '../draw/matrix.js';
import { counted, number } from '../../format/number.js';
import { percent } from '../text.js';

/** Number of the most frequent agents, which hosts are expected to have. */
const AGENTS = 4;
const SOURCES = 4;
const FAMILIES = 7;

/** Pods and containers have no agents of their own. */
export const MACHINES = { ...LIVE, class: 'machine' } as const;

/** The agents of a host, each once. */
const AGENTS_OF: Document = { $setUnion: [{ $ifNull: ['$device.agent_list.name', []] }, []] };

/** The sources that list a host, each once. */
export const SOURCES_OF: Document = {
  $setUnion: [
    { $map: { input: { $filter: { input: '$sources', cond: { $ne: ['$$this.gone', true] } } }, in: '$$this.source' } },
    [],
  ],
};

/** Machines that lack one of `agents`. */
export const lacking = (agents: readonly string[]): Document => ({
  ...MACHINES,
  'device.agent_list.name': { $not: { $all: [...agents] } },
});

/** Machines with one family of operating systems and one agent or source. */
export interface Inside {
  _id: { family?: string; name: string };
  hosts: number;
}

export interface CoverageRows extends Record<string, object> {
  families: { _id: string | null; hosts: number; without: number };
  agentCells: Inside;
  sourceCells: Inside;
  lacking: { hosts: number };
}

const inside = (names: Document): Document[] => [
  { $match: MACHINES },
  // Groups by combination first: there are few combinations, so splitting them afterwards costs little.
  { $group: { _id: { family: '$device.os.type', names }, hosts: { $sum: 1 } } },
  { $unwind: '$_id.names' },
  { $group: { _id: { family: '$_id.family', name: '$_id.names' }, hosts: { $sum: '$hosts' } } },
  { $sort: { hosts: -1, _id: 1 } },
  { $limit: 1_000 },
];

export const coverage = defineChart<CoverageRows>({
  name: 'coverage',
  section: 'Coverage',
  title: 'Coverage by agent and by source',
  question: 'Which machines have which agent, which sources list them, and where is there a gap?',
  empty: 'No machines yet',
  queries: {
    families: {
      collection: 'hosts',
      pipeline: [
        { $match: MACHINES },
        {
          $group: {
            _id: '$device.os.type',
            hosts: { $sum: 1 },
            without: { $sum: { $cond: [{ $eq: [AGENTS_OF, []] }, 1, 0] } },
          },
        },
        { $sort: { hosts: -1, _id: 1 } },
        { $limit: 100 },
      ],
    },
    agentCells: { collection: 'hosts', pipeline: inside(AGENTS_OF) },
    sourceCells: { collection: 'hosts', pipeline: inside(SOURCES_OF) },
    lacking: (_, { agentCells = [] }) => ({
      collection: 'hosts',
      pipeline: [{ $match: lacking(expectedAgents(agentCells)) }, { $count: 'hosts' }],
    }),
  },
  draw({ families, agentCells, sourceCells, lacking }) {
    const agents = namesIn(agentCells).slice(0, AGENTS);
    const sources = namesIn(sourceCells).slice(0, SOURCES);
    const machines = sum(families.map(({ hosts }) => hosts));
    const without = sum(families.map((family) => family.without));
    const incomplete = agents.length === 0 ? 0 : (lacking[0]?.hosts ?? 0);
    const shown = families.slice(0, FAMILIES);
    const columns = [
      ...agents.map(({ name, hosts }) => ({ name, of: 'agent', hosts, cells: agentCells })),
      ...sources.map(({ name, hosts }) => ({ name, of: 'source', hosts, cells: sourceCells })),
    ];
    const cellOf = (family: string | null, { name, cells }: (typeof columns)[number]) =>
      cells.find(({ _id }) => (_id.family ?? null) === family && _id.name === name)?.hosts ?? 0;
    const rows = [
      { name: 'All', hosts: machines, values: columns.map(({ hosts }) => hosts) },
      ...shown.map(({ _id, hosts }) => ({
        name: _id ?? 'not reported',
        hosts,
        values: columns.map((column) => cellOf(_id, column)),
      })),
    ];
    return {
      summary:
        agents.length === 0
          ? 'No host has an agent that a source reports.'
          : `${counted(incomplete, 'machine')} of ${number(machines)} (${percent(incomplete, machines)}) ${incomplete === 1 ? 'lacks' : 'lack'} at least one of ` +
            `${agents.map(({ name }) => name).join(', ')}; ${number(without)} ${without === 1 ? 'has' : 'have'} none at all.`,
      table: {
        head: ['Operating system', 'Machines', ...columns.map(({ name, of }) => `${of} ${name}`)],
        rows: rows.map(({ name, hosts, values }) => [name, hosts, ...values]),
      },
      figures: { machines, lacking: incomplete, without },
      ...(machines === 0 || columns.length === 0
        ? {}
        : {
            drawing: matrix({
              rows: rows.map(({ name }) => name),
              columns: columns.map(({ name }) => name),
              cells: rows.map(({ hosts, values }) =>
                values.map((value) => ({ share: hosts === 0 ? 0 : value / hosts, label: percent(value, hosts) })),
              ),
            }),
          }),
    };
  },
});

/** The agents that hosts are expected to have: the most frequent ones. */
export const expectedAgents = (cells: readonly Inside[]): string[] =>
  namesIn(cells)
    .slice(0, AGENTS)
    .map(({ name }) => name);

/** The agents or sources with their number of hosts over all families, the most frequent first. */
function namesIn(cells: readonly Inside[]): { name: string; hosts: number }[] {
  const hosts = new Map<string, number>();
  for (const { _id, hosts: some } of cells) hosts.set(_id.name, (hosts.get(_id.name) ?? 0) + some);
  return [...hosts]
    .map(([name, all]) => ({ name, hosts: all }))
    .sort((a, b) => b.hosts - a.hosts || (a.name < b.name ? -1 : 1));
}
