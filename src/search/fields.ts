import type { Document, IndexDescription } from 'mongodb';
import type { HostDoc } from '../store/documents/hosts.js';

/** The fields of a host that a search reads. */
export type Found = Pick<HostDoc, '_id' | 'device' | 'cloud' | 'external_ips' | 'sources'> &
  Partial<Pick<HostDoc, 'first_seen' | 'last_seen' | 'retired'>>;

export const PROJECTION = {
  'device.hostname': 1,
  'device.ip': 1,
  'device.mac': 1,
  'device.type': 1,
  'device.os.name': 1,
  'device.instance_uid': 1,
  'device.hw_info.serial_number': 1,
  'device.network_interfaces.ip': 1,
  'device.network_interfaces.mac': 1,
  'cloud.provider': 1,
  external_ips: 1,
  'sources.record': 1,
  'sources.source': 1,
  'sources.gone': 1,
  first_seen: 1,
  last_seen: 1,
  retired: 1,
} as const;

/** A field by which hosts are found: its path in MongoDB, and its values in a host. */
export interface Field {
  path: string;
  /** Its index, which ends with a field that distinguishes equal values. */
  index: Record<string, 1>;
  of(host: Found): readonly (string | undefined)[];
}

const field = (path: string, of: Field['of']): Field => ({ path, index: { [path]: 1, _id: 1 }, of });

export const NAME = field('device.hostname', ({ device }) => [device.hostname]);
export const IP = field('device.ip', ({ device }) => [device.ip]);
export const NIC_IP = field('device.network_interfaces.ip', ({ device }) =>
  (device.network_interfaces ?? []).map(({ ip }) => ip),
);
export const EXTERNAL_IP = field('external_ips', ({ external_ips }) => external_ips ?? []);
export const MAC = field('device.mac', ({ device }) => [device.mac]);
export const NIC_MAC = field('device.network_interfaces.mac', ({ device }) =>
  (device.network_interfaces ?? []).map(({ mac }) => mac),
);
export const SERIAL = field('device.hw_info.serial_number', ({ device }) => [device.hw_info?.serial_number]);
export const INSTANCE = field('device.instance_uid', ({ device }) => [device.instance_uid]);
export const ID: Field = { path: '_id', index: { _id: 1 }, of: ({ _id }) => [_id] };
/** A record belongs to one host, so values are unique. */
export const RECORD: Field = {
  path: 'sources.record',
  index: { 'sources.record': 1 },
  of: ({ sources }) => sources.map(({ record }) => record),
};

/** A filter with its own index, which continues with the name so that its hosts are in the order of the list. */
export interface FilterIndex {
  path: string;
  index: Record<string, 1>;
}

/** Sorted by selectivity: filters that leave few hosts come first. */
export const FILTERS = {
  retired: filter('retired'),
  account: filter('cloud.account.uid'),
  region: filter('device.region'),
  status: filter('status'),
  os: filter('device.os.name'),
  provider: filter('cloud.provider'),
  type: filter('device.type'),
  agent: filter('device.agent_list.name'),
  source: filter('sources.source'),
} as const;

function filter(path: string): FilterIndex {
  return { path, index: { [path]: 1, 'device.hostname': 1, _id: 1 } };
}

/** Indexes that only searches need. Their fields change with a machine's identity and kind, never with a check-in. */
export const searchIndexes: IndexDescription[] = [
  { key: { 'created.at': -1 } },
  ...[NAME, IP, NIC_IP, EXTERNAL_IP, MAC, NIC_MAC, SERIAL, INSTANCE].map(({ path, index }) => ({
    key: index,
    // The index of names includes hosts without a name, because the list shows them too.
    ...(path === NAME.path ? {} : { partialFilterExpression: { [path]: { $exists: true } } as Document }),
  })),
  ...Object.values(FILTERS).map(({ path, index }) => ({
    key: index,
    partialFilterExpression: { [path]: path === 'retired' ? true : { $exists: true } } as Document,
  })),
];
