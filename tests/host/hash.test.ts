import * as fc from 'fast-check';
import { contentHash } from '../../src/host/hash.js';
import { observation, type ObservationDraft } from '../../src/host/observation.js';
import type { Device, HostObservation } from '../../src/host/types.js';
import { storedObservation } from '../../src/store/stored-observation.js';

/** Every field of a device. A new field does not compile here until it has a value. The tests then check that it is kept and hashed. */
const device: Required<Device> = {
  type_id: 3,
  type: 'Laptop',
  name: 'WEB-01',
  hostname: 'web-01.example.com',
  domain: 'example.com',
  ip: '10.0.0.5',
  mac: '00:50:56:8a:11:22',
  network_interfaces: [
    { name: 'eth0', ip: '10.0.0.5', mac: '00:50:56:8a:11:22', hostname: 'other' },
    { name: 'eth1', ip: '10.0.0.6', mac: '00:50:56:8a:11:23' },
  ],
  os: { name: 'Linux', type_id: 200, type: 'Linux', version: '2', build: '7', edition: 'x', kernel_release: '5.10' },
  hw_info: {
    bios_date: '08/24/2006',
    bios_manufacturer: 'Xen',
    bios_ver: '4.2',
    chassis: 'Laptop',
    cpu_count: 2,
    cpu_type: 'x',
    ram_size: 966,
    serial_number: 'C02F60U4Q05N',
    uuid: 'ec26e6cb-2f47-bf3a-41e3-e75f58b6fc2f',
  },
  vendor_name: 'Xen',
  model: 'HVM domU',
  agent_list: [
    { type_id: 1, type: 'EDR', name: 'a', vendor_name: 'A', uid: '1', version: '1' },
    { type_id: 5, name: 'b', vendor_name: 'B' },
  ],
  instance_uid: 'i-0f74daf3d7225083a',
  image: { uid: 'ami-1' },
  region: 'us-east-1',
  zone: 'us-east-1a',
  vpc_uid: 'vpc-1',
  subnet_uid: 'subnet-1',
  org: { ou_name: 'Servers' },
  owner: { name: 'alex' },
  groups: [{ uid: 'g1', name: 'one' }, { uid: 'g2' }],
  is_managed: true,
  created_time: new Date('2020-01-01'),
  first_seen_time: new Date('2021-01-01'),
  last_seen_time: new Date('2022-01-01'),
  modified_time: new Date('2022-01-02'),
  boot_time: new Date('2022-01-03'),
};
const full: Required<HostObservation> = {
  class: 'machine',
  device,
  cloud: { provider: 'aws', account: { uid: '111122223333' }, project_uid: 'p' },
  external_ips: ['192.0.2.7', '192.0.2.8'],
  tags: ['a', 'b'],
  software_count: 3,
  vulnerability_count: 4,
  status: 'normal',
};

/** The paths of all texts, numbers, booleans and times in a value. */
function leaves(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function altered(path: (string | number)[], alter: (value: any) => unknown): HostObservation {
  const copy = copied(full) as any;
  const parent = path.slice(0, -1).reduce((at, key) => at[key], copy);
  const last = path.at(-1)!;
  parent[last] = alter(parent[last]);
  if (parent[last] === undefined) delete parent[last];
  return copy;
}

/** A deep copy. `structuredClone` creates dates of another realm under Jest. */
function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(copied);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]));
}

const hashOf = (observed: HostObservation, keys: string[] = []) =>
  contentHash(storedObservation(observed).observation, keys);

const VOLATILE = new Set(['device.last_seen_time', 'device.modified_time', 'device.boot_time']);

test.each(leaves(full).map((path) => [path.join('.'), path] as const))(
  'a change of %s changes the hash, unless it is a volatile time',
  (name, path) => {
    const change = (value: unknown) =>
      value instanceof Date
        ? new Date(value.getTime() + 1)
        : typeof value === 'number'
          ? value + 1
          : typeof value === 'boolean'
            ? !value
            : `${String(value)}x`;
    for (const alter of [change, () => undefined]) {
      if (VOLATILE.has(name)) expect(hashOf(altered(path, alter))).toBe(hashOf(full));
      // An entry in a list of texts cannot be absent, so only its change is tested.
      else if (alter === change || typeof path.at(-1) === 'string')
        expect(hashOf(altered(path, alter))).not.toBe(hashOf(full));
    }
  },
);

test('an observation keeps every field of its draft', () => {
  expect(observation(full as unknown as ObservationDraft)).toEqual(full);
});

test('absent values are not in the observation', () => {
  const draft = observation({
    class: 'machine',
    device: {
      name: undefined,
      hw_info: { serial_number: undefined },
      image: { uid: undefined },
      org: { ou_name: undefined },
      owner: { name: undefined },
      network_interfaces: [{ ip: undefined }, {}],
      agent_list: [],
      groups: undefined,
    },
    cloud: { provider: undefined, account: { uid: 'x' } },
    software_count: undefined,
  });
  expect(draft).toStrictEqual({ class: 'machine', device: { type_id: 0 }, external_ips: [], tags: [] });
});

/** The same content with fields and lists in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  const order = <T>(list: T[]) =>
    list
      .map((entry) => [random(), entry] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, entry]) => entry);
  if (Array.isArray(value)) return order(value.map((entry) => shuffled(entry, random)));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(order(Object.entries(value).map(([key, inner]) => [key, shuffled(inner, random)])));
}

const words = fc.stringMatching(/^[a-z]{1,4}$/);
const drafts: fc.Arbitrary<ObservationDraft> = fc.record(
  {
    class: fc.constantFrom('machine', 'pod', 'container'),
    device: fc.record(
      {
        name: words,
        hostname: words,
        os: fc.record({ name: words, type_id: fc.nat(9), version: words }, { requiredKeys: ['name', 'type_id'] }),
        network_interfaces: fc.array(fc.record({ ip: words, mac: words, name: words }, { requiredKeys: [] }), {
          maxLength: 5,
        }),
        agent_list: fc.array(
          fc.record(
            { name: words, type_id: fc.nat(9), vendor_name: words, uid: words },
            { requiredKeys: ['name', 'type_id', 'vendor_name'] },
          ),
          { maxLength: 3 },
        ),
        groups: fc.array(fc.record({ uid: words })),
        first_seen_time: fc.date({ noInvalidDate: true }),
        last_seen_time: fc.date({ noInvalidDate: true }),
      },
      { requiredKeys: [] },
    ),
    external_ips: fc.array(words),
    tags: fc.array(words),
    software_count: fc.nat(5),
  },
  { requiredKeys: ['class', 'device'] },
);

test('equal content has one form and one hash, whatever its order', () => {
  fc.assert(
    fc.property(drafts, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (draft, stream) => {
      const random = () => stream.next().value;
      const straight = observation(draft);
      const other = observation(shuffled(draft, random) as ObservationDraft);
      expect(other).toEqual(straight);
      expect(hashOf(other)).toBe(hashOf(straight));
    }),
  );
});

test('different content has different hashes', () => {
  fc.assert(
    fc.property(drafts, drafts, (a, b) => {
      const strip = (draft: ObservationDraft) => {
        const made = observation(draft);
        delete made.device.last_seen_time;
        return made;
      };
      const [left, right] = [strip(a), strip(b)];
      expect(hashOf(left) === hashOf(right)).toBe(JSON.stringify(shape(left)) === JSON.stringify(shape(right)));
    }),
  );
});

/** Sorts the fields, so that equal values have equal JSON texts. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const fields = value as Record<string, unknown>;
  const names = Object.keys(fields).sort();
  return names.map((name) => [name, shape(fields[name])]);
}

test('keys are part of the hash', () => {
  expect(hashOf(full, ['a'])).not.toBe(hashOf(full));
  expect(hashOf(full, ['a', 'b'])).not.toBe(hashOf(full, ['a']));
  expect(hashOf(full)).toMatch(/^[\w-]{22}$/);
});

test('lists have at most 512 entries', () => {
  const long = observation({ class: 'machine', device: {}, tags: Array.from({ length: 5_000 }, (_, at) => `t${at}`) });
  expect(long.tags).toHaveLength(512);
});
