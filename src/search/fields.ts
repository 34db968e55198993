import type { Document, IndexDescription } from 'mongodb';
import type { HostDoc } from '../store/documents/hosts.js';

/** What of a host is read to find and to list it. */
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

/** A field that a host is found by: what it is called in MongoDB, and its values in a host. */
export interface Field {
  path: string;
  /** The index that holds it, and after it what tells equal values apart. */
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
/** A record is of one host: nothing has to tell equal values apart. */
export const RECORD: Field = {
  path: 'sources.record',
  index: { 'sources.record': 1 },
  of: ({ sources }) => sources.map(({ record }) => record),
};

/** A filter that has an index of its own; behind it the name, so that its hosts are there in the order of the list. */
export interface FilterIndex {
  path: string;
  index: Record<string, 1>;
}

/** Those that leave few hosts first. */
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

/** What looking needs and loading does not: their fields move with a machine's identity and kind, never with a check-in. */
export const searchIndexes: IndexDescription[] = [
  { key: { 'created.at': -1 } },
  ...[NAME, IP, NIC_IP, EXTERNAL_IP, MAC, NIC_MAC, SERIAL, INSTANCE].map(({ path, index }) => ({
    key: index,
    // Names are also told by hosts that have none: they are listed, too.
    ...(path === NAME.path ? {} : { partialFilterExpression: { [path]: { $exists: true } } as Document }),
  })),
  ...Object.values(FILTERS).map(({ path, index }) => ({
    key: index,
    partialFilterExpression: { [path]: path === 'retired' ? true : { $exists: true } } as Document,
  })),
];
