import { explainFinding, explainHost, whyOrWhyNot } from '../../../src/host/identity/explain.js';
import { keyStates, resolveAll } from '../../../src/host/identity/resolve.js';
import type { Decisions } from '../../../src/host/identity/resolution.js';
import type { HostRecord } from '../../../src/host/types.js';
import { aws, nic, record } from '../records.js';

const MAC = '00:50:56:8a:11:22';
const serial = (serial_number: string) => ({ hw_info: { serial_number } });
const sensor = (vendor_name: string) => ({ agent_list: [{ type_id: 1, name: 'Agent', vendor_name }] });

const explanationsOf = (records: HostRecord[], decisions: Decisions = []) =>
  resolveAll(records, decisions).clusters.flatMap((host) => explainHost(host));
const explainPair = (records: HostRecord[]) => whyOrWhyNot(records[0]!.id, records[1]!.id, records, keyStates(records));

describe('why records are one host', () => {
  test('the sentence names the records, the deciding key and the other common keys', () => {
    expect(
      explanationsOf([
        record('qualys:3', { hostname: 'web-01', ...serial('ABC1234') }),
        record('crowdstrike:ab', { hostname: 'web-01', ...serial('ABC1234') }),
      ]),
    ).toEqual([
      'CrowdStrike record crowdstrike:ab and Qualys record qualys:3 are one host because both report serial number ABC1234; they also share short name web-01.',
    ]);
  });

  test.each<[string, object, object]>([
    [
      'both report AWS instance i-0f74daf3d7225083a',
      { instance_uid: 'i-0f74daf3d7225083a', cloud: aws },
      { instance_uid: 'i-0f74daf3d7225083a', cloud: aws },
    ],
    [
      `both have MAC address ${MAC} and agree in name web-01`,
      { hostname: 'web-01', ...nic(MAC) },
      { hostname: 'web-01.lan', ...nic(MAC) },
    ],
    [
      'both report name web-01 at 10.0.0.5',
      { hostname: 'web-01', ip: '10.0.0.5' },
      { hostname: 'web-01', ip: '10.0.0.5' },
    ],
    [
      'both report name macbook-pro at 192.168.1.5 behind 192.0.2.7',
      { hostname: 'macbook-pro', ip: '192.168.1.5', external_ips: ['192.0.2.7'] },
      { hostname: 'macbook-pro', ip: '192.168.1.5', external_ips: ['192.0.2.7'] },
    ],
    [
      'both have the full name web-01.corp.example.com at the same time',
      { hostname: 'web-01.corp.example.com' },
      { hostname: 'web-01', domain: 'corp.example.com' },
    ],
    [
      'both have the short name web-01 at the same time and agree in model Latitude 7440',
      { hostname: 'web-01', model: 'Latitude 7440' },
      { hostname: 'web-01', model: 'Latitude 7440' },
    ],
  ])('%s', (because, a, b) => {
    expect(explanationsOf([record('qualys:3', a), record('crowdstrike:ab', b)])[0]).toContain(`because ${because}`);
  });

  test('a decision is explained as a decision of a user', () => {
    const records = [record('qualys:3'), record('crowdstrike:ab')];
    expect(
      explanationsOf(records, [{ kind: 'join', records: ['qualys:3', 'crowdstrike:ab'], at: '2026-01-01' }]),
    ).toEqual(['CrowdStrike record crowdstrike:ab and Qualys record qualys:3 are one host because a user decided so.']);
  });
});

describe('why records are not one host', () => {
  test('the sentence names the rule that forbids the join', () => {
    const base = { hostname: 'web-01', ...nic(MAC), activeDays: [0, 9] as [number, number] };
    const later = { ...base, activeDays: [20, 30] as [number, number] };
    expect(
      explainPair([
        record('qualys:3', { ...base, ...serial('ABC1234') }),
        record('crowdstrike:ab', { ...later, ...serial('XYZ9876') }),
      ]),
    ).toEqual({
      one: false,
      sentences: [
        `CrowdStrike record crowdstrike:ab and Qualys record qualys:3 share MAC address ${MAC} and short name web-01, but are kept apart: they have different serial numbers (serial number ABC1234 and serial number XYZ9876).`,
      ],
    });
  });

  test('the sentence names the missing evidence', () => {
    const sentence = (a: object, b: object) =>
      explainPair([record('qualys:3', a), record('crowdstrike:ab', b)]).sentences[0];
    expect(sentence({}, {})).toContain('have no identifier in common');
    expect(sentence({ hostname: 'web-01' }, { hostname: 'web-01' })).toContain(
      'share short name web-01, and a short name joins no records without a second agreement',
    );
    expect(
      sentence(
        { hostname: 'web-01', ip: '10.0.0.5', activeDays: [0, 9], ...sensor('Qualys') },
        { hostname: 'web-01', ip: '10.0.0.5', activeDays: [40, 49], ...sensor('CrowdStrike') },
      ),
    ).toContain(
      'were not active at the same time (qualys:3 from 2026-01-01 to 2026-01-10, crowdstrike:ab from 2026-02-10 to 2026-02-19)',
    );
    expect(sentence({ hostname: 'alex-mbp', ...nic(MAC) }, { hostname: 'kims-air', ...nic(MAC) })).toContain(
      'but have different names: an adapter can move between machines',
    );
  });

  test('two agents of one vendor with one name are kept apart', () => {
    const agent = { hostname: 'web-01', ip: '10.0.0.5', ...sensor('Qualys') };
    expect(
      explainPair([
        record('qualys:3', { ...agent, activeDays: [0, 9] }),
        record('qualys:4', { ...agent, activeDays: [20, 30] }),
      ]).sentences[0],
    ).toContain('are two agents of one vendor');
  });

  test('the sentences name the ignored keys and the reasons', () => {
    const records = ['a', 'b', 'c'].map((id) =>
      record(`crowdstrike:${id}`, { hostname: `pc-${id}`, ...nic(MAC), ...sensor('CrowdStrike') }),
    );
    expect(explainPair(records).sentences).toEqual([
      'CrowdStrike record crowdstrike:a and CrowdStrike record crowdstrike:b have only suppressed identifiers in common.',
      `The MAC address ${MAC} is ignored: crowdstrike:a, crowdstrike:b and crowdstrike:c were active at the same time with an agent of one vendor each.`,
    ]);
    expect(explainFinding({ key: 'serial::X', state: 'suppressed', holders: 40, why: 'holders' })).toBe(
      'The serial number X is ignored: 40 records have it, and a key that more than 16 records share does not identify a machine.',
    );
  });

  test('a missing record is an error', () => {
    expect(() => whyOrWhyNot('qualys:1', 'qualys:2', [record('qualys:1')], new Map())).toThrow(RangeError);
  });
});

test('two records that other records connect are explained by the joins between them', () => {
  const records = [
    record('qualys:a', { hostname: 'web-01', ...nic(MAC) }),
    record('tenable:c', serial('C02F60U4Q05N')),
    record('crowdstrike:b', { hostname: 'web-01', ...nic(MAC), ...serial('C02F60U4Q05N') }),
  ];
  const { one, sentences } = explainPair(records);
  expect(one).toBe(true);
  expect(sentences.map((sentence) => /both (?:have|report) \w+/.exec(sentence)![0])).toEqual([
    'both have MAC',
    'both report serial',
  ]);
});
