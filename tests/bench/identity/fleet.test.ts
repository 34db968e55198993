import { fleet } from '../../../bench/identity/fleet/fleet.js';
import { machinesOf } from '../../../bench/identity/fleet/history.js';
import { dellUuid, swapped } from '../../../bench/identity/fleet/hardware.js';
import type { Machine } from '../../../bench/identity/fleet/machine.js';
import { rateOf, RATES, ratesWith } from '../../../bench/identity/fleet/rates.js';
import { sightingsOf, type Sighting } from '../../../bench/identity/fleet/sightings.js';
import { worldOf, type Kind } from '../../../bench/identity/fleet/world.js';
import { Collector } from '../../../bench/identity/collect.js';

const SLOTS = 6_000;
// Clones are a hundredth of machines. Double their rate, so that there are enough of them to count.
const rates = ratesWith({ clone: 2 * RATES.clone[0] });
const world = worldOf(5, SLOTS, rates);
const machines: Machine[] = [];
const sightings: Sighting[] = [];
for (let slot = 0; slot < SLOTS; slot++) {
  machinesOf(world, slot).forEach((machine, ordinal) => {
    machines.push(machine);
    sightings.push(...sightingsOf(world, machine, ordinal));
  });
}
const has = (tag: string) => (tagged: { pitfalls: string[] }) =>
  tagged.pitfalls.some((pitfall) => pitfall.replace(/[:>].*$/, '') === tag);
const now = machines.filter(({ id }) => !id.endsWith('before'));
const agents = sightings.filter(({ agent }) => agent >= 0);
const kinds = (...wanted: Kind[]) => now.filter(({ kind }) => wanted.includes(kind));

/** Allows four standard deviations of a share, and a little more because one pitfall can exclude another. */
function near(found: number, of: number, rate: number): void {
  expect(of).toBeGreaterThan(40);
  expect(Math.abs(found / of - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / of) + 0.05 * rate);
}

const fixed = kinds('server', 'vmware', 'hyperv', 'laptop', 'desktop', 'mac');
const OF_MACHINES: [string, Machine[], number][] = [
  ['reimage', fixed, rates.reimage],
  ['reinstall', fixed, rates.reinstall * (1 - rates.reimage)],
  ['rename', fixed, rates.rename * (1 - rates.reimage) * (1 - rates.reinstall)],
  ['board-swap', kinds('server', 'laptop', 'desktop', 'mac'), rates['board-swap']],
  ['nic-swap', kinds('server', 'laptop', 'desktop', 'mac'), rates['nic-swap']],
  ['refresh', kinds('laptop', 'desktop', 'mac'), rates.refresh],
  ['rebuild', kinds('vmware', 'hyperv', 'ec2', 'azure', 'gcp'), rates.rebuild],
  ['generic-name', kinds('mac'), rates['generic-mac']],
  ['generic-name', kinds('server', 'vmware', 'laptop', 'ec2'), rates['generic-name']],
  ['other-domain', kinds('server', 'vmware', 'laptop'), rates['other-domain'] * (1 - rates['generic-name'])],
  ['long-name', kinds('laptop', 'desktop', 'hyperv'), rates['long-name'] * (1 - rates['generic-name'])],
  ['dock', kinds('laptop', 'mac'), rates.dock],
  ['home', kinds('laptop', 'mac'), rates.home * (1 - rates.dock)],
  ['vpn-adapter', kinds('laptop', 'desktop', 'mac'), rates['vpn-adapter']],
  ['host-only', kinds('laptop', 'desktop', 'mac'), rates['host-only']],
  ['shared-mac', kinds('laptop', 'desktop', 'mac'), rates['shared-mac']],
  ['t2-bridge', kinds('mac'), rates['t2-bridge']],
  ['random-mac', kinds('mac'), rates['random-mac-mac']],
  ['random-mac', kinds('laptop'), rates['random-mac-laptop']],
  ['docker', now.filter(({ os, kind }) => os.platform === 'Linux' && kind !== 'pod'), rates.docker],
  ['placeholder-serial', kinds('server', 'desktop'), rates['placeholder-serial']],
  ['placeholder-uuid', kinds('server', 'desktop'), rates['placeholder-uuid']],
  ['serial-batch', kinds('server', 'laptop', 'desktop'), rates['serial-batch']],
  ['serial-twin', kinds('server', 'laptop', 'desktop'), rates['serial-twin']],
  ['clone', kinds('vmware'), rates.clone],
  ['clone-name', kinds('vmware').filter(has('clone')), rates['clone-name']],
  ['clone-agent', kinds('vmware', 'hyperv', 'ec2', 'azure', 'gcp'), rates['clone-agent']],
  ['twin-mac', kinds('vmware'), rates['twin-mac']],
  ['twin-mac', kinds('hyperv'), rates['twin-mac-hyperv']],
  ['moved-eni', kinds('ec2'), rates['moved-eni']],
  ['gcp-mac', kinds('gcp'), 1],
  ['pod-instance', kinds('pod'), rates['pod-instance']],
  ['pod-uuid', kinds('pod'), rates['pod-uuid']],
];
test.each(OF_MACHINES.map(([tag, of, rate]) => [tag, of[0]?.kind, of, rate] as const))(
  'machines have the pitfall %s at its rate (%s …)',
  (tag, _kind, of, rate) => near(of.filter(has(tag)).length, of.length, rate),
);

const of = (source: string) => agents.filter((record) => record.source === source);
const OF_RECORDS: [string, Sighting[], number][] = [
  ['stopped-early', agents, rates['stopped-early']],
  ['late-install', agents, rates['late-install']],
  ['no-mac', agents, rates['no-mac']],
  ['no-serial', agents, rates['no-serial']],
  ['no-uuid', agents, rates['no-uuid']],
  ['no-cloud', agents.filter(({ machine }) => ['ec2', 'azure', 'gcp'].includes(machine.kind)), rates['no-cloud']],
  ['swapped-uuid', of('tenable'), rates['swapped-uuid']],
  [
    'dock-first',
    of('crowdstrike').filter((one) => one.machine.docks.length > 0 && !has('roaming')(one)),
    rates['dock-first'],
  ],
  ['dhcp', agents.filter((one) => one.machine.dhcp && !has('roaming')(one)), rates.dhcp],
  ['roaming', agents.filter(({ machine }) => machine.kind === 'laptop' || machine.kind === 'mac'), rates.roaming],
  ['other-external', agents.filter((one) => one.machine.home && !has('roaming')(one)), rates['home-lease']],
  ['other-external', agents.filter(({ machine }) => machine.ownAddress), rates['public-lease']],
  ['other-user', agents, rates['other-user']],
  ['stale-ptr', sightings.filter(({ agent, machine }) => agent < 0 && machine.dhcp), rates['stale-ptr']],
];
test.each(OF_RECORDS)('records have the pitfall %s at its rate', (tag, of, rate) =>
  near(of.filter(has(tag)).length, of.length, rate),
);

test('scanners add records by address to the records of agents, Qualys more often than Tenable', () => {
  const scanned = now.filter(({ home, kind }) => !home && ['server', 'vmware', 'desktop', 'laptop'].includes(kind));
  const ids = new Set(scanned.map(({ id }) => id));
  for (const source of ['qualys', 'tenable'] as const) {
    const scans = sightings.filter((one) => one.agent < 0 && one.source === source && ids.has(one.machine.id));
    near(scans.length, scanned.length, rates[`scan-${source}`]);
  }
});

test('a machine has about 2.35 records on average', () => {
  expect(sightings.length / machines.length).toBeGreaterThan(2.25);
  expect(sightings.length / machines.length).toBeLessThan(2.45);
});

test('a seed always gives the same records, another seed gives other records, and ids are distinct', () => {
  const text = (seed: number) => [...fleet(seed, 150, rates)].map((record) => JSON.stringify(record));
  expect(text(9)).toStrictEqual(text(9));
  expect(text(9)).not.toStrictEqual(text(10));
  const records = [...fleet(9, 1_000, rates)];
  expect(new Set(records.map(({ source, id }) => source + id)).size).toBe(records.length);
  expect(new Set(records.map(({ machine }) => machine)).size).toBe(1_000);
});

test('the mapping of its vendor reads every record of a fleet', () => {
  const collector = new Collector({ pitfalls: false, naive: false });
  for (const { source, id, raw } of fleet(2, 300, rates)) {
    expect(collector.add(source, JSON.stringify(raw), () => 'm')).toBe(`${source}:${id}`);
  }
});

test('docks, clones and serial batches have several machines each, and clones of one group share a UUID', () => {
  for (const tag of ['dock', 'clone', 'serial-batch']) {
    const groups = new Map<string, number>();
    for (const { pitfalls } of now) {
      for (const pitfall of pitfalls)
        if (pitfall.startsWith(`${tag}:`)) groups.set(pitfall, (groups.get(pitfall) ?? 0) + 1);
    }
    expect(Math.max(...groups.values())).toBeGreaterThan(1);
  }
  const clones = now.filter(has('clone'));
  const uuidOf = new Map<string, string>();
  for (const { pitfalls, states } of clones) {
    const group = pitfalls.find((pitfall) => pitfall.startsWith('clone:'))!;
    expect(uuidOf.get(group) ?? states[0]!.uuid).toBe(states[0]!.uuid);
    uuidOf.set(group, states[0]!.uuid);
  }
});

test('a machine that takes over a name has other hardware and starts after the end of the earlier machine, or shortly before it', () => {
  const before = machines.filter(({ id }) => id.endsWith('before'));
  expect(before.length).toBeGreaterThan(50);
  const bySlot = new Map(now.map((machine) => [machine.slot, machine]));
  for (const old of before) {
    const next = bySlot.get(old.slot)!;
    const same = [
      old.states[0]!.name === next.states[0]!.name,
      old.unit === next.unit,
      old.to < next.from + 4 * 86_400_000,
    ];
    expect([old.id, ...same]).toEqual([old.id, true, false, true]);
  }
});

test('a rate can be 0 or 1, and an unknown or invalid rate is rejected', () => {
  const without = worldOf(5, 500, ratesWith({ dock: 0, reimage: 1 }));
  const all = Array.from({ length: 500 }, (_, slot) => machinesOf(without, slot)[0]!);
  expect(all.some(has('dock'))).toBe(false);
  expect(all.filter(({ kind }) => kind === 'vmware').every(has('reimage'))).toBe(true);
  expect(() => ratesWith({ docks: 1 })).toThrow('There is no rate docks');
  expect(() => ratesWith({ dock: Number.NaN })).toThrow('not a number');
  expect(rateOf('dock=0.5')).toStrictEqual(['dock', 0.5]);
  for (const [rate] of Object.values(RATES)) expect(rate).toBeGreaterThan(0);
});

test('the UUID of a Dell contains its service tag, and swapping bytes twice changes nothing', () => {
  // A published pair of service tag and UUID.
  expect(dellUuid('7Q0WJ5J')).toBe('4c4c4544-0051-3010-8057-b7c04f4a354a');
  const id = '564da6d2-1706-6343-8899-aabbccddeeff';
  expect(swapped(id)).toBe('d2a64d56-0617-4363-8899-aabbccddeeff');
  expect(swapped(swapped(id))).toBe(id);
});
