import * as fc from 'fast-check';
import { suppliersOf } from '../../../src/host/golden/provenance.js';
import { STALE_AFTER_MS } from '../../../src/host/golden/survivorship-rules.js';
import { goldenHost } from '../../../src/host/golden/survive.js';
import { seedRecordOf, hostId } from '../../../src/host/identity/seed-record.js';
import type { Reason } from '../../../src/host/identity/resolution.js';
import type { HostRecord } from '../../../src/host/types.js';
import { record } from '../records.js';
import { series } from '../../support/soak.js';

const day = (number: number) => new Date(Date.UTC(2023, 0, number));
const reasons: Reason[] = [{ level: 'cloud', keys: ['cloud:aws:i-1'], records: ['crowdstrike:b', 'qualys:a'] }];
const suppliers = (members: HostRecord[], path: string) =>
  suppliersOf(goldenHost(members, []), path).map(({ record }) => record);

describe('the id', () => {
  test('is derived from the earliest record, then from the smaller record id; records without a time come last', () => {
    const early = record('qualys:z', { first_seen_time: day(1) });
    const late = record('crowdstrike:a', { first_seen_time: day(2) });
    const undated = record('aaa:0');
    expect(seedRecordOf([late, undated, early])).toBe(early);
    expect(
      seedRecordOf([record('b:1', { first_seen_time: day(1) }), record('a:1', { first_seen_time: day(1) })]).id,
    ).toBe('a:1');
    expect(seedRecordOf([undated])).toBe(undated);
    expect(goldenHost([late, undated, early], [])._id).toBe(hostId('qualys:z'));
  });

  test('is a short digest', () => {
    expect(hostId('qualys:305003660')).toMatch(/^h[0-9a-f]{20}$/);
    expect(hostId('qualys:305003660')).not.toBe(hostId('qualys:305003661'));
    expect(() => goldenHost([], [])).toThrow(RangeError);
  });
});

test('a host of one record has the values of that record', () => {
  const only = record('qualys:a', {
    hostname: 'web-01',
    first_seen_time: day(1),
    last_seen_time: day(2),
    tags: ['x'],
    software_count: 3,
    status: 'RUNNING',
  });
  expect(goldenHost([only], [])).toStrictEqual({
    _id: hostId('qualys:a'),
    class: 'machine',
    device: only.observation.device,
    external_ips: [],
    tags: ['x'],
    software_count: 3,
    status: 'RUNNING',
    first_seen: day(1),
    last_seen: day(2),
    sources: [
      {
        record: 'qualys:a',
        source: 'qualys',
        vendor: 'qualys',
        supplies: ['*'],
        first_seen: day(1),
        last_seen: day(2),
      },
    ],
    keys: ['name::web-01'],
    reasons: [],
  });
});

describe('which value survives', () => {
  test('the most recent value, if no order of vendors is declared', () => {
    const old = record('qualys:a', {
      ip: '10.0.0.1',
      os: { name: 'Windows 11', type_id: 100 },
      last_seen_time: day(1),
    });
    const fresh = record('crowdstrike:b', {
      ip: '10.0.0.2',
      os: { name: 'Windows 10', type_id: 100 },
      last_seen_time: day(2),
    });
    const host = goldenHost([old, fresh], []);
    expect(host.device).toMatchObject({ ip: '10.0.0.2', os: { name: 'Windows 10' } });
    expect(suppliers([old, fresh], 'device.os')).toEqual(['crowdstrike:b']);
  });

  test('a present value, even if a more recent record has none', () => {
    const host = goldenHost(
      [
        record('qualys:a', { model: 'HVM domU', last_seen_time: day(1) }),
        record('crowdstrike:b', { last_seen_time: day(2) }),
      ],
      [],
    );
    expect(host.device.model).toBe('HVM domU');
  });

  test('the value of the smaller record id, if records are equally recent', () => {
    const host = goldenHost(
      [
        record('qualys:b', { ip: '10.0.0.2', last_seen_time: day(1) }),
        record('qualys:a', { ip: '10.0.0.1', last_seen_time: day(1) }),
      ],
      [],
    );
    expect(host.device.ip).toBe('10.0.0.1');
  });

  test("the declared vendor's value, as long as it is not stale", () => {
    const sensor = (age: number) =>
      record('crowdstrike:b', { hostname: 'sensor', last_seen_time: new Date(day(60).getTime() - age) });
    const scan = record('qualys:a', { hostname: 'scan', last_seen_time: day(60) });
    expect(goldenHost([scan, sensor(STALE_AFTER_MS)], []).device.hostname).toBe('sensor');
    expect(goldenHost([scan, sensor(STALE_AFTER_MS + 1)], []).device.hostname).toBe('scan');
  });

  test("the declared vendor's value at any age, under a lasting rule", () => {
    const sensor = record('crowdstrike:b', { hw_info: { serial_number: 'SENSOR01' }, last_seen_time: day(-900) });
    const scan = record('qualys:a', { hw_info: { serial_number: 'SCANNED1', ram_size: 966 }, last_seen_time: day(60) });
    expect(goldenHost([scan, sensor], []).device.hw_info).toEqual({ serial_number: 'SENSOR01', ram_size: 966 });
    expect(suppliers([scan, sensor], 'device.hw_info.serial_number')).toEqual(['crowdstrike:b']);
    expect(suppliers([scan, sensor], 'device.hw_info.ram_size')).toEqual(['qualys:a']);
  });

  test('a known device type before an unknown one, together with its caption', () => {
    const known = record('qualys:a', { type_id: 6, type: 'Virtual', last_seen_time: day(1) });
    const unknown = record('crowdstrike:b', { type_id: 0, type: 'Unknown', last_seen_time: day(2) });
    expect(goldenHost([known, unknown], []).device).toMatchObject({ type_id: 6, type: 'Virtual' });
    expect(goldenHost([record('qualys:a', { type_id: 6 }), unknown], []).device).toStrictEqual({
      type_id: 6,
      last_seen_time: day(2),
    });
    expect(goldenHost([unknown, record('qualys:c')], []).device).toMatchObject({ type_id: 0, type: 'Unknown' });
  });
});

describe('records that their source no longer lists', () => {
  const gone = record('crowdstrike:b', {
    gone: true,
    hostname: 'gone',
    model: 'Latitude',
    hw_info: { serial_number: 'GONE0001' },
    last_seen_time: day(9),
    tags: ['old'],
    ...agents('x'),
  });
  const listed = record('qualys:a', {
    hostname: 'listed',
    hw_info: { serial_number: 'LISTED01' },
    last_seen_time: day(1),
    tags: ['new'],
    ...agents('y'),
  });

  test('supply only values that no listed record has, however recent they are and whatever the rules are', () => {
    const host = goldenHost([gone, listed], []);
    expect(host.device).toMatchObject({
      hostname: 'listed',
      hw_info: { serial_number: 'LISTED01' },
      model: 'Latitude',
    });
    expect(host.tags).toEqual(['new']);
    expect(host.device.agent_list?.map(({ uid }) => uid)).toEqual(['y']);
    expect(host.sources.find(({ record }) => record === 'crowdstrike:b')).toMatchObject({
      gone: true,
      supplies: ['device.model'],
    });
    expect(host.retired).toBeUndefined();
  });

  test('form a retired host if there are no other records, and the host keeps all values', () => {
    const host = goldenHost([gone, { ...listed, gone: true }], []);
    expect(host.retired).toBe(true);
    expect(host.tags).toEqual(['new', 'old']);
    expect(host.device.hostname).toBe('gone');
    expect(goldenHost([gone], []).retired).toBe(true);
  });
});

describe('lists and times', () => {
  test('lists are unions, and their suppliers are all records with entries', () => {
    const a = record('qualys:a', {
      tags: ['b', 'a'],
      external_ips: ['192.0.2.7'],
      groups: [{ uid: 'g1' }],
      ...agents('q'),
    });
    const b = record('crowdstrike:b', {
      tags: ['c', 'a'],
      external_ips: ['192.0.2.7'],
      groups: [{ uid: 'g2' }],
      ...agents('c'),
    });
    const host = goldenHost([a, b], []);
    expect(host.tags).toEqual(['a', 'b', 'c']);
    expect(host.external_ips).toEqual(['192.0.2.7']);
    expect(host.device.groups).toEqual([{ uid: 'g1' }, { uid: 'g2' }]);
    expect(host.device.agent_list?.map(({ uid }) => uid)).toEqual(['c', 'q']);
    expect(suppliers([a, b], 'tags')).toEqual(['crowdstrike:b', 'qualys:a']);
  });

  test('an interface that two records report is one entry with the values of both', () => {
    const a = record('qualys:a', {
      network_interfaces: [
        { name: 'eth0', mac: '00:50:56:8a:11:22', ip: '10.0.0.5' },
        { name: 'eth0', mac: '00:50:56:8a:11:22', ip: 'fe80::1' },
      ],
    });
    const b = record('crowdstrike:b', {
      network_interfaces: [
        { mac: '00:50:56:8a:11:22', ip: '10.0.0.5' },
        { mac: '00:50:56:8a:11:22' },
        { ip: '10.0.0.5' },
        { ip: '10.9.9.9' },
      ],
    });
    expect(goldenHost([a, b], []).device.network_interfaces).toEqual([
      { ip: '10.9.9.9' },
      { name: 'eth0', mac: '00:50:56:8a:11:22', ip: '10.0.0.5' },
      { name: 'eth0', mac: '00:50:56:8a:11:22', ip: 'fe80::1' },
    ]);
  });

  test('first times are the earliest and last times the latest of all records', () => {
    const a = record('qualys:a', { first_seen_time: day(1), last_seen_time: day(5), boot_time: day(4) });
    const b = record('crowdstrike:b', {
      gone: true,
      first_seen_time: day(2),
      last_seen_time: day(9),
      modified_time: day(9),
    });
    const host = goldenHost([a, b], []);
    expect([host.first_seen, host.last_seen]).toEqual([day(1), day(9)]);
    expect(host.device).toMatchObject({
      first_seen_time: day(1),
      last_seen_time: day(9),
      modified_time: day(9),
      boot_time: day(4),
    });
  });

  test('a host contains its members, keys and reasons', () => {
    const host = goldenHost(
      [
        record('qualys:a', { keys: ['cloud:aws:i-1', 'mac::1'] }),
        record('crowdstrike:b', { keys: ['agent:x:1', 'cloud:aws:i-1'] }),
      ],
      reasons,
    );
    expect(host).toMatchObject({
      keys: ['agent:x:1', 'cloud:aws:i-1', 'mac::1'],
      reasons,
    });
  });
});

const words = fc.constantFrom('a', 'b', 'c', undefined);
const members = fc
  .array(
    fc.record({
      vendor: fc.constantFrom('qualys', 'crowdstrike', 'tenable'),
      gone: fc.boolean(),
      first: fc.option(fc.nat(3), { nil: undefined }),
      last: fc.option(fc.nat(60), { nil: undefined }),
      device: fc.record({
        hostname: words,
        ip: words,
        model: words,
        type_id: fc.nat(2),
        hw_info: fc.record({ serial_number: words, bios_ver: words }),
      }),
      tags: fc.array(fc.constantFrom('x', 'y')),
      status: words,
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((given) =>
    given.map(({ vendor, gone, first, last, device, tags, status }, at) =>
      record(`${vendor}:${at}`, {
        ...device,
        gone,
        tags,
        status,
        first_seen_time: first === undefined ? undefined : day(first),
        last_seen_time: last === undefined ? undefined : day(last),
      }),
    ),
  );

test('the host does not depend on the order of its members', () => {
  fc.assert(
    fc.property(members, fc.infiniteStream(fc.nat()), (given, stream) => {
      const other = given
        .map((entry) => [stream.next().value, entry] as const)
        .sort((a, b) => a[0] - b[0])
        .map(([, entry]) => entry);
      expect(goldenHost(other, [])).toStrictEqual(goldenHost(given, []));
    }),
    { numRuns: series(100, 500) },
  );
});

test('each single value is supplied by exactly one record, which has that value', () => {
  fc.assert(
    fc.property(members, (given) => {
      if (given.length < 2) return;
      const host = goldenHost(given, []);
      for (const field of ['hostname', 'ip', 'model'] as const) {
        const by = suppliers(given, `device.${field}`);
        expect(by).toHaveLength(host.device[field] === undefined ? 0 : 1);
        if (by[0] !== undefined)
          expect(given.find(({ id }) => id === by[0])?.observation.device[field]).toBe(host.device[field]);
      }
      expect(JSON.stringify(host)).not.toContain('null');
    }),
    { numRuns: series(100, 500) },
  );
});

function agents(uid: string) {
  return { agent_list: [{ type_id: 1, name: 'Agent', vendor_name: 'Vendor', uid }] };
}
