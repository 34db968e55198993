import { defineChart, LIVE, sum } from '../chart.js';
import { stacks } from '../draw/stacks.js';
import { counted, number } from '../../format/number.js';

const VERSIONS = 5;

interface Agent {
  _id: string;
  agents: number;
  versions: { major: string | null; agents: number }[];
  kinds: number;
}

export const agentVersions = defineChart<{ agents: Agent }>({
  name: 'agent-versions',
  section: 'Coverage',
  title: 'Agent versions',
  question: 'Which major versions of each agent are in use?',
  empty: 'No record reports an agent',
  queries: {
    agents: {
      collection: 'hosts',
      pipeline: [
        { $match: LIVE },
        {
          $group: {
            _id: {
              $map: {
                input: '$device.agent_list',
                in: { name: '$$this.name', major: { $first: { $split: [{ $toString: '$$this.version' }, '.'] } } },
              },
            },
            hosts: { $sum: 1 },
          },
        },
        { $unwind: '$_id' },
        { $group: { _id: '$_id', agents: { $sum: '$hosts' } } },
        { $sort: { agents: -1, '_id.major': 1 } },
        {
          $group: {
            _id: '$_id.name',
            agents: { $sum: '$agents' },
            kinds: { $sum: 1 },
            versions: { $firstN: { n: VERSIONS, input: { major: '$_id.major', agents: '$agents' } } },
          },
        },
        { $sort: { agents: -1, _id: 1 } },
        { $limit: 10 },
      ],
    },
  },
  draw({ agents }) {
    const total = sum(agents.map((agent) => agent.agents));
    const label = (major: string | null) => (major === null ? 'not reported' : `${major}.x`);
    return {
      summary: `${agents.map(({ _id, kinds }) => `${_id} in ${counted(kinds, 'major version')}`).join(', ')}.`,
      table: {
        head: ['Agent', 'Major version', 'Agents'],
        rows: agents.flatMap(({ _id, agents, versions, kinds }) => {
          const others = agents - sum(versions.map((version) => version.agents));
          return [
            ...versions.map((version) => [_id, label(version.major), version.agents]),
            ...(others > 0 ? [[_id, `${number(kinds - versions.length)} more`, others]] : []),
          ];
        }),
      },
      figures: { agents: total },
      ...(agents.length === 0
        ? {}
        : {
            drawing: stacks(
              agents.map(({ _id, agents, versions }) => ({
                name: _id,
                total: agents,
                parts: versions.map((version) => ({ name: label(version.major), value: version.agents })),
              })),
            ),
          }),
    };
  },
});
