import { errorsOf } from '../../../bench/identity/errors.js';
import type { Resolution } from '../../../src/host/identity/resolution.js';
import type { HostRecord } from '../../../src/host/types.js';

const record = (id: string, ...keys: string[]): HostRecord => ({
  id,
  source: id.slice(0, id.indexOf(':')),
  vendor: id.slice(0, id.indexOf(':')),
  observation: { class: 'machine', device: { type_id: 0 }, external_ips: [], tags: [] },
  keys,
  gone: false,
});

// Two laptops on one dock are one host. The third record of the first laptop and its scan are missed.
const records = [
  record('qualys:1', 'mac::dock', 'mac::a', 'name::lt-a'),
  record('crowdstrike:2', 'mac::dock', 'serial::b'),
  record('tenable:3', 'name::lt-a'),
  record('qualys:4'),
];
const pitfalls = ['@7 dock:1', '@8 dock:1 dock-first no-mac', '@7 dock:1 no-mac vpn-adapter', '@7 dock:1 scan'];
const resolution = {
  clusters: [
    {
      members: ['crowdstrike:2', 'qualys:1'],
      reasons: [{ level: 'mac', keys: ['mac::dock'], records: ['crowdstrike:2', 'qualys:1'] }],
      forbidden: [],
      findings: [{ key: 'name::lt-a', state: 'weak', holders: 3 }],
    },
    { members: ['qualys:4'], reasons: [], forbidden: [], findings: [] },
    { members: ['tenable:3'], reasons: [], forbidden: [], findings: [] },
  ],
  forbidden: [{ rule: 'serial', level: 'name', keys: [], against: [], records: ['crowdstrike:2', 'tenable:3'] }],
} as unknown as Resolution;
const collected = {
  records,
  pitfalls,
  machineOf: Int32Array.from([0, 1, 0, 0]),
  machines: 2,
  naive: [],
  parse_seconds: 0,
};
const errors = errorsOf(collected, Int32Array.from([0, 0, 2, 1]), resolution);

test('a wrong pair is named by the pitfall of both machines, their common keys and the match level', () => {
  expect(errors.wrong).toStrictEqual([
    { what: 'dock (crowdstrike, qualys) | share mac | joined by mac', pairs: 1, example: 'qualys:1 crowdstrike:2' },
  ]);
  expect(errors.wrong_pairs).toBe(1);
});

test('a missed pair is named by the pitfalls of its records and by the rule that keeps their hosts apart', () => {
  expect(errors.missed.map(({ what }) => what)).toStrictEqual([
    'dock+no-mac (qualys, tenable) | share name(weak) | forbidden by serial',
    'dock+no-mac+scan (qualys, tenable) | no key in common | not tried',
    'dock+scan (qualys, qualys) | no key in common | not tried',
  ]);
  expect(errors.carried[0]).toMatchObject({ what: 'dock', pairs: 3 });
});

test('missed pairs without a common key and missed pairs with only ambiguous keys are counted separately', () => {
  expect(errors).toMatchObject({ missed_pairs: 3, without_key: 2, ambiguous: 0 });
  const shared = [record('qualys:1', 'name::x'), record('tenable:2', 'name::x'), record('qualys:3', 'name::x')];
  const machineOf = Int32Array.from([0, 0, 1]);
  const apart = { clusters: shared.map(({ id }) => ({ members: [id], reasons: [], forbidden: [], findings: [] })) };
  const found = errorsOf({ ...collected, records: shared, pitfalls: [], machineOf }, Int32Array.from([0, 2, 1]), {
    ...apart,
    forbidden: [],
  });
  expect(found).toMatchObject({ wrong_pairs: 0, missed_pairs: 1, without_key: 0, ambiguous: 1 });
});
