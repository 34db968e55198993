import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AggregationCursor, Document } from 'mongodb';
import type { HostDoc } from '../store/documents/hosts.js';
import { lacking } from './charts/coverage.js';
import { daysBefore, LIVE, type Scope, type Table } from './chart.js';
import { clean } from './clean.js';
import { csvOf } from './csv.js';
import { mongoshOf, rowsOf, type Query, type Reader } from './query.js';
import { day } from './text.js';
import { PRIVATE } from '../system/private-files.js';

/** Maximum number of hosts of a list in the page; the CSV file of the list has all of them. */
export const IN_PAGE = 50;

/** A list of hosts that may need action. */
export interface HostList {
  /** Also the name of its file. */
  name: string;
  title: string;
  total: number;
  /** The first hosts of the list. */
  table: Table;
  query: string;
}

type Line = Pick<HostDoc, '_id' | 'device' | 'cloud' | 'sources' | 'first_seen' | 'last_seen'>;

const FIELDS: Document = {
  'device.hostname': 1,
  'device.ip': 1,
  'device.type': 1,
  'device.os.name': 1,
  'device.os.version': 1,
  'device.region': 1,
  'device.agent_list.name': 1,
  'cloud.provider': 1,
  'cloud.account': 1,
  'cloud.project_uid': 1,
  'sources.source': 1,
  'sources.gone': 1,
  first_seen: 1,
  last_seen: 1,
};

const HEAD = ['host', 'hostname', 'ip', 'operating system', 'type', 'cloud', 'account', 'region'];
const TAIL = ['sources', 'agents', 'lacks', 'first seen', 'last seen'];
/** Columns of the lists in the page. */
const SHOWN = ['hostname', 'ip', 'operating system', 'sources', 'lacks', 'last seen'];

/**
 * Writes each list to `dir` as CSV while it is read from MongoDB; without `dir` it reads only the first hosts. `agents`: the
 * names of the agents that a machine is expected to have.
 */
export async function writeLists(
  reader: Reader,
  scope: Scope,
  agents: readonly string[],
  dir?: string,
): Promise<HostList[]> {
  const since = daysBefore(scope, scope.days);
  const wanted = [
    {
      name: 'hosts-without-agent',
      title: 'Machines that lack an agent',
      filter: agents.length === 0 ? { _id: { $in: [] } } : lacking(agents),
      sort: { last_seen: -1, _id: 1 },
    },
    {
      name: 'hosts-not-seen',
      title: `Hosts not seen for ${scope.days} days`,
      filter: { ...LIVE, last_seen: { $lt: since } },
      sort: { last_seen: 1, _id: 1 },
    },
    {
      name: 'hosts-newly-found',
      title: `Hosts first seen within ${scope.days} days`,
      filter: { ...LIVE, first_seen: { $gte: since, $lte: scope.asOf } },
      sort: { first_seen: -1, _id: 1 },
    },
  ] as const;
  const lists: HostList[] = [];
  for (const { name, title, filter, sort } of wanted) {
    const query: Query = { collection: 'hosts', pipeline: [{ $match: filter }, { $sort: sort }, { $project: FIELDS }] };
    const first: string[][] = [];
    let total = 0;
    async function* lines(): AsyncGenerator<string[]> {
      for await (const host of hostsOf(reader, query, dir === undefined)) {
        const line = clean(lineOf(host, agents));
        if (first.length < IN_PAGE) first.push(line);
        total += 1;
        yield line;
      }
    }
    if (dir !== undefined)
      await pipeline(
        Readable.from(lines()),
        csvOf([...HEAD, ...TAIL]),
        createWriteStream(join(dir, `${name}.csv`), PRIVATE),
      );
    else {
      for await (const line of lines()) void line;
      const counted: Query = { collection: 'hosts', pipeline: [{ $match: filter }, { $count: 'hosts' }] };
      total = (await rowsOf<{ hosts: number }>(reader, counted))[0]?.hosts ?? 0;
    }
    const columns = SHOWN.filter((column) => column !== 'lacks' || name === 'hosts-without-agent');
    const indexes = columns.map((column) => [...HEAD, ...TAIL].indexOf(column));
    lists.push({
      name,
      title,
      total,
      table: { head: columns, rows: first.map((line) => indexes.map((index) => line[index]!)) },
      query: clean(mongoshOf(reader.store, query), Infinity),
    });
  }
  return lists;
}

function hostsOf({ store, snapshot }: Reader, { pipeline }: Query, firstOnly: boolean): AggregationCursor<Line> {
  const stages = firstOnly ? [...pipeline, { $limit: IN_PAGE }] : pipeline;
  return store.hosts.aggregate<Line>(stages, { ...snapshot, allowDiskUse: true, batchSize: 1_000 });
}

function lineOf({ _id, device, cloud, sources, first_seen, last_seen }: Line, expected: readonly string[]): string[] {
  const agents = [...new Set(device.agent_list?.map(({ name }) => name))];
  return [
    _id,
    device.hostname ?? '',
    device.ip ?? '',
    [device.os?.name, device.os?.version].filter(Boolean).join(' '),
    device.type ?? '',
    cloud?.provider ?? '',
    cloud?.account?.uid ?? cloud?.project_uid ?? '',
    device.region ?? '',
    [...new Set(sources.filter(({ gone }) => !gone).map(({ source }) => source))].join(', '),
    agents.join(', '),
    expected.filter((agent) => !agents.includes(agent)).join(', '),
    day(first_seen),
    day(last_seen),
  ];
}
