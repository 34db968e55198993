import { KEY_LIMITS } from '../../../src/host/identity/resolve.js';
import type { HostRecord } from '../../../src/host/types.js';
import { aws, clusters, nic, record, resolved } from '../records.js';

const MAC = '00:50:56:8a:11:22';
const OTHER_MAC = '00:50:56:8a:33:44';
const instance_uid = 'i-0f74daf3d7225083a';
const serial = (serial_number: string) => ({ hw_info: { serial_number } });
const uuid = (last: string) => ({ hw_info: { uuid: `564da6d2-1706-6343-8cbe-1f2d9a3b4c${last}` } });
const agent = (uid: string) => ({ agent_list: [{ type_id: 5, name: 'Agent', vendor_name: 'Qualys', uid }] });

const forbiddenJoins = (records: HostRecord[]) =>
  resolved(records).forbidden.map(({ rule, records }) => `${rule}: ${records.join(' ')}`);

describe('joins', () => {
  test('records of the same cloud instance are one machine, whatever else differs', () => {
    const first = record('crowdstrike:a', {
      instance_uid,
      cloud: aws,
      hostname: 'instance-1',
      ...serial('SERIAL0001'),
      ...nic(MAC),
    });
    const second = record('crowdstrike:b', {
      instance_uid,
      cloud: aws,
      hostname: 'renamed',
      ...serial('SERIAL0002'),
      ...nic(OTHER_MAC),
    });
    expect(clusters([first, second])).toEqual(['crowdstrike:a crowdstrike:b']);
  });

  test('records with the same serial, hardware UUID or agent id are one machine', () => {
    expect(
      clusters([record('crowdstrike:a', serial('C02F60U4Q05N')), record('tenable:b', serial('c02f60u4q05n'))]),
    ).toHaveLength(1);
    expect(clusters([record('crowdstrike:a', uuid('5d')), record('tenable:b', uuid('5d'))])).toHaveLength(1);
    expect(
      clusters([
        record('qualys:a', agent('1ecc8a88-5912-4058-b731-94a04a48db11')),
        record('gav:b', agent('1ecc8a88-5912-4058-b731-94a04a48db11')),
      ]),
    ).toHaveLength(1);
  });

  test('a shared MAC joins records whose short names match, with or without a domain, truncated by NetBIOS or not', () => {
    expect(
      clusters([
        record('qualys:a', { hostname: 'web-01.example.com', ...nic(MAC) }),
        record('crowdstrike:b', { hostname: 'web-01', ...nic(MAC) }),
      ]),
    ).toHaveLength(1);
    expect(
      clusters([
        record('qualys:a', { name: 'ACCOUNTING-PRIN', ...nic(MAC) }),
        record('crowdstrike:b', { hostname: 'accounting-print-03', ...nic(MAC) }),
      ]),
    ).toHaveLength(1);
  });

  test('different keys join a chain of records', () => {
    const records = [
      record('qualys:a', { hostname: 'web-01', ...nic(MAC) }),
      record('crowdstrike:b', { hostname: 'web-01', ...nic(MAC), ...serial('C02F60U4Q05N') }),
      record('tenable:c', serial('C02F60U4Q05N')),
    ];
    expect(clusters(records)).toEqual(['crowdstrike:b qualys:a tenable:c']);
  });

  test('a vendor-assigned MAC alone joins records whose names do not differ', () => {
    const laptop = (id: string, hostname: string) => record(id, { hostname, ...nic(MAC) });
    expect(clusters([laptop('qualys:a', 'macbook-pro'), laptop('crowdstrike:b', 'macbook-pro.local')])).toHaveLength(1);
    expect(clusters([laptop('qualys:a', 'alex-mbp'), laptop('crowdstrike:b', 'kims-air')])).toHaveLength(2);
  });

  test('a name joins records together with a private address, a domain or another equal attribute', () => {
    const joined = (a: object, b: object) =>
      clusters([
        record('qualys:a', { hostname: 'web-01', ...a }),
        record('crowdstrike:b', { hostname: 'web-01', ...b }),
      ]).length === 1;
    expect(joined({ ip: '10.0.0.5' }, { ip: '10.0.0.5' })).toBe(true);
    expect(joined({ domain: 'corp.example.com' }, { hostname: 'web-01.corp.example.com' })).toBe(true);
    expect(joined({ external_ips: ['192.0.2.7'] }, { external_ips: ['192.0.2.7'] })).toBe(true);
    expect(joined({ model: 'Latitude 7440' }, { model: 'Latitude 7440' })).toBe(true);
    expect(joined({ ip: '10.0.0.5' }, { ip: '10.0.0.6' })).toBe(false);
    expect(joined({ ip: '10.0.2.15' }, { ip: '10.0.2.15' })).toBe(false);
    expect(joined({ domain: 'corp.example.com' }, { domain: 'other.example.org', ip: '10.0.0.5' })).toBe(false);
  });
});

describe('kept apart', () => {
  test('a printer whose reverse DNS name is still that of the laptop that had its address', () => {
    const laptop = record('crowdstrike:1', {
      hostname: 'lt-7.corp.example.com',
      os: { name: 'Windows 11', type_id: 100 },
    });
    const scan = (name: string) => record('qualys:1', { hostname: 'lt-7.corp.example.com', os: { name, type_id: 99 } });
    expect(clusters([laptop, scan('HP JetDirect')])).toHaveLength(2);
    // An unknown operating system is no evidence against a join.
    expect(clusters([laptop, scan('Some Other OS')])).toHaveLength(1);
  });

  test('a short name, an address or a network alone joins no records', () => {
    const apart = (given: object) =>
      expect(clusters([record('crowdstrike:a', given), record('qualys:b', given)])).toHaveLength(2);
    apart({ hostname: 'falcon-crowdstr' });
    apart({ hostname: 'macbook-pro', ip: '192.168.1.5' });
    apart({ hostname: 'ip-10-0-0-5.ec2.internal', ip: '10.0.0.5' });
    apart({ ip: '10.0.0.5', external_ips: ['192.0.2.7'] });
  });

  test('a MAC that several machines have at once joins no records, not even with the same private address', () => {
    const guest = (id: string) =>
      record(`crowdstrike:${id}`, {
        hostname: `sample-detect-${id}`,
        ip: '10.0.2.15',
        ...nic('08:00:27:51:56:d8', '10.0.2.15'),
      });
    expect(clusters([guest('1'), guest('2'), guest('3')])).toHaveLength(3);
  });

  test.each([
    ['cloud', { instance_uid, cloud: aws }, { instance_uid: 'i-0aaaaaaaaaaaaaaaa', cloud: aws }],
    ['serial', serial('SERIAL0001'), serial('SERIAL0002')],
    ['uuid', uuid('5d'), uuid('5e')],
  ] as const)('a MAC and a name do not join records with different %s ids', (rule, a, b) => {
    const base = { hostname: 'web-01', ...nic(MAC) };
    const records = [record('qualys:a', { ...base, ...a }), record('crowdstrike:b', { ...base, ...b })];
    expect(clusters(records)).toHaveLength(2);
    expect(resolved(records).forbidden).toEqual([
      {
        rule,
        level: 'mac+name',
        keys: [`mac::${MAC}`, 'name::web-01'],
        against: expect.any(Array),
        records: ['crowdstrike:b', 'qualys:a'],
      },
    ]);
  });

  test('different serials keep records with one agent id apart, because the agent was cloned with its image', () => {
    const uid = '1ecc8a88-5912-4058-b731-94a04a48db11';
    const records = [
      record('qualys:a', { ...agent(uid), ...serial('SERIAL0001'), activeDays: [0, 10] }),
      record('gav:b', { ...agent(uid), ...serial('SERIAL0002'), activeDays: [20, 30] }),
    ];
    expect(forbiddenJoins(records)).toEqual(['serial: gav:b qualys:a']);
  });

  test('records with one hardware UUID are clones if they have no interface and no name in common, and else one machine', () => {
    const original = record('crowdstrike:a', { hostname: 'app-01', ...nic(MAC), ...uuid('5d'), activeDays: [0, 10] });
    const clone = record('crowdstrike:b', {
      hostname: 'app-02',
      ...nic(OTHER_MAC),
      ...uuid('5d'),
      activeDays: [20, 30],
    });
    expect(clusters([original, clone])).toHaveLength(2);
    const renamed = record('crowdstrike:b', { hostname: 'app-02', ...nic(MAC), ...uuid('5d') });
    const rewired = record('crowdstrike:b', { hostname: 'app-01', ...nic(OTHER_MAC), ...uuid('5d') });
    expect(clusters([original, renamed])).toHaveLength(1);
    expect(clusters([original, rewired])).toHaveLength(1);
  });

  test('a serial does not join records with different interfaces and different names', () => {
    const board = (id: string, hostname: string, mac: string, activeDays: [number, number]) =>
      record(`crowdstrike:${id}`, { hostname, ...nic(mac), ...serial('SERIAL0001'), activeDays });
    expect(forbiddenJoins([board('a', 'app-01', MAC, [0, 10]), board('b', 'app-02', OTHER_MAC, [20, 30])])).toEqual([
      'clone: crowdstrike:a crowdstrike:b',
    ]);
  });

  test('a pod is not joined with its node, whatever keys it has', () => {
    const keys = ['cloud:aws:i-0f74daf3d7225083a'];
    expect(
      forbiddenJoins([record('crowdstrike:a', { keys }), record('crowdstrike:b', { class: 'pod', keys })]),
    ).toEqual(['class: crowdstrike:a crowdstrike:b']);
  });

  test('a cannot-link rule compares clusters, not single records', () => {
    // b has no serial itself, but belongs to a machine that has one.
    const records = [
      record('crowdstrike:a', { instance_uid, cloud: aws, ...serial('SERIAL0001') }),
      record('qualys:b', { instance_uid, cloud: aws, hostname: 'web-01', ...nic(MAC) }),
      record('crowdstrike:c', { hostname: 'web-01', ...nic(MAC), ...serial('SERIAL0002') }),
    ];
    expect(clusters(records)).toEqual(['crowdstrike:a qualys:b', 'crowdstrike:c']);
  });

  test('a record with two candidates that contradict each other joins neither', () => {
    const base = { hostname: 'web-01', ...nic(MAC) };
    const records = [
      record('qualys:a', base),
      record('crowdstrike:b', { ...base, ...serial('SERIAL0001') }),
      record('crowdstrike:c', { ...base, ...serial('SERIAL0002') }),
    ];
    expect(clusters(records)).toHaveLength(3);
    expect(forbiddenJoins(records).sort()).toEqual([
      'ambiguous: crowdstrike:b qualys:a',
      'ambiguous: crowdstrike:c qualys:a',
      'serial: crowdstrike:b crowdstrike:c',
    ]);
  });

  test('a clearer key can join records that an ambiguous key does not join, and the join is then not listed as forbidden', () => {
    const records = [
      record('qualys:a', { hostname: 'web-01', ...nic(MAC), ...uuid('5d') }),
      record('crowdstrike:b', {
        hostname: 'web-01',
        ...nic(MAC),
        keys: ['serial::S1', 'uuid::564da6d2-1706-6343-8cbe-1f2d9a3b4c5d', `mac::${MAC}`],
      }),
      record('crowdstrike:c', {
        hostname: 'web-02',
        keys: ['serial::S2', 'uuid::564da6d2-1706-6343-8cbe-1f2d9a3b4c5d'],
      }),
    ];
    expect(clusters(records)).toEqual(['crowdstrike:b qualys:a', 'crowdstrike:c']);
    expect(forbiddenJoins(records)).not.toContain('ambiguous: crowdstrike:b qualys:a');
  });
});

describe('popular keys', () => {
  const holders = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      record(`crowdstrike:${String(at).padStart(3, '0')}`, { keys: ['serial::SHARED', `agent:crowdstrike:${at}`] }),
    );

  test('a suppressed key joins no records', () => {
    expect(clusters(holders(2), ['serial::SHARED'])).toHaveLength(2);
  });

  test('a suppressed key is no evidence against a join', () => {
    const base = { hostname: 'web-01', ...nic(MAC) };
    const records = [
      record('crowdstrike:a', { ...base, ...serial('SERIAL0001') }),
      record('tenable:b', { ...base, ...serial('PLACEHOLDR') }),
    ];
    expect(clusters(records)).toHaveLength(2);
    expect(clusters(records, ['serial::PLACEHOLDR'])).toHaveLength(1);
  });

  test('a key with more records than its kind allows is suppressed', () => {
    expect(clusters(holders(KEY_LIMITS.serial))).toHaveLength(1);
    expect(clusters(holders(KEY_LIMITS.serial + 1))).toHaveLength(KEY_LIMITS.serial + 1);
  });
});

describe('reasons', () => {
  test('the reason of a join has its level and every key that the two records share', () => {
    const shared = { instance_uid, cloud: aws, hostname: 'web-01', ...nic(MAC), ...uuid('5d') };
    const pair: [string, string] = ['crowdstrike:b', 'qualys:a'];
    expect(
      resolved([
        record('qualys:a', { ...shared, ...agent('1ecc8a88-5912-4058-b731-94a04a48db11') }),
        record('crowdstrike:b', { ...shared, ...agent('1ecc8a88-5912-4058-b731-94a04a48db11') }),
      ]).clusters,
    ).toMatchObject([
      {
        members: pair,
        reasons: [
          {
            level: 'cloud',
            keys: [
              'agent:qualys:1ecc8a88-5912-4058-b731-94a04a48db11',
              'cloud:aws:i-0f74daf3d7225083a',
              `mac::${MAC}`,
              'name::web-01',
              'uuid::564da6d2-1706-6343-8cbe-1f2d9a3b4c5d',
            ],
            facts: ['hostname:web-01'],
            records: pair,
          },
        ],
      },
    ]);
  });

  test('a key of many records gives a tree of reasons, and a single record has no reasons', () => {
    const { clusters } = resolved([
      ...Array.from({ length: 5 }, (_, at) => record(`qualys:${at}`, serial('C02F60U4Q05N'))),
      record('qualys:x', serial('ALONE123')),
    ]);
    expect(clusters.map(({ reasons }) => reasons.length)).toEqual([4, 0]);
  });
});
