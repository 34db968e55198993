import { hash } from '../../simulator/random.js';
import type { HostQuery } from '../../src/search/query.js';
import { hostAt } from './fleet.js';

export interface Typed {
  kind: string;
  query: HostQuery;
}

/** Number of machines searched by each kind of text. */
const EACH = 12;

/** Queries of users, letter by letter: for machines of the fleet, for some that do not exist, and with filters. */
export function* typedQueries(hosts: number, seed: number): Generator<Typed> {
  const kinds: [string, (index: number) => string | undefined][] = [
    ['hostname', (index) => hostAt(index).device.hostname?.slice(0, 24)],
    ['address', (index) => hostAt(index).device.ip],
    ['external address', (index) => hostAt(index).external_ips[0]],
    ['MAC', (index) => hostAt(index).device.mac],
    ['MAC with dashes', (index) => hostAt(index).device.mac?.toUpperCase().replaceAll(':', '-')],
    ['MAC without separators', (index) => hostAt(index).device.mac?.replaceAll(':', '')],
    ['serial number', (index) => hostAt(index).device.hw_info?.serial_number?.toLowerCase()],
    ['instance id', (index) => hostAt(index).device.instance_uid],
    ['host id', (index) => hostAt(index)._id],
    ['record id', (index) => hostAt(index).sources[0]!.record],
    ['id of the source', (index) => hostAt(index).sources[0]!.record.split(':')[1]],
    ['nothing', (index) => hash(seed, index, 91).toString(36)],
  ];
  for (const [at, [kind, textOf]] of kinds.entries()) {
    let found = 0;
    for (let attempt = 0; found < EACH && attempt < 50 * EACH; attempt += 1) {
      const text = textOf(hash(seed, attempt, 92 + at) % hosts);
      if (!text) continue;
      found += 1;
      for (let typed = 1; typed <= text.length; typed += 1) yield { kind, query: { text: text.slice(0, typed) } };
    }
  }
  const filters: HostQuery[] = [
    {},
    { source: 'qualys' },
    { lacks: 'crowdstrike' },
    { type: 'Server' },
    { provider: 'azure' },
    { region: 'us-east-1' },
    { status: 'contained' },
    { agent: 'crowdstrike' },
    { staleDays: 30 },
    { os: 'Windows 11' },
    { source: 'qualys', lacks: 'crowdstrike', provider: 'aws' },
    { os: 'Windows 11', staleDays: 60 },
  ];
  for (let round = 0; round < 3; round += 1) {
    for (const filter of filters) {
      yield { kind: 'filters alone', query: filter };
      for (const text of ['d', 'de', 'ip-1', '10.', '10.3'])
        yield { kind: 'text and filters', query: { ...filter, text } };
    }
  }
}
