import {
  gapDays,
  lastSeenWeek,
  activeIntervalOf,
  maybeTogether,
  surelyTogether,
} from '../../../src/host/identity/active-interval.js';
import { clusters, nic, record } from '../records.js';

const serial = (serial_number: string) => ({ hw_info: { serial_number } });
const sensor = (vendor_name: string) => ({ agent_list: [{ type_id: 1, name: 'Agent', vendor_name }] });
const MAC = '8c:04:ba:50:b8:e9';
type Life = [number, number];

describe('machines that follow each other', () => {
  test('a laptop installed anew keeps its hardware: one host, also under a new name', () => {
    const agent = (id: string, hostname: string, life: Life) =>
      record(`crowdstrike:${id}`, { hostname, ...sensor('CrowdStrike'), ...nic(MAC), ...serial('SERIAL0001'), life });
    expect(clusters([agent('a', 'lt-1', [0, 90]), agent('b', 'lt-2', [91, 200])])).toHaveLength(1);
  });

  test('new hardware under the old name is another host, and each record goes to the one it lived with', () => {
    const told = (vendor: string, id: string, life: Life, more: object) =>
      record(`${vendor.toLowerCase()}:${id}`, { hostname: 'lt-1.example.com', ...sensor(vendor), life, ...more });
    expect(
      clusters([
        told('CrowdStrike', 'old', [0, 90], serial('SERIAL0001')),
        told('Qualys', 'old', [1, 89], {}),
        told('CrowdStrike', 'new', [100, 200], serial('SERIAL0002')),
        told('Qualys', 'new', [101, 199], {}),
      ]),
    ).toEqual(['crowdstrike:new qualys:new', 'crowdstrike:old qualys:old']);
  });

  test('a virtual machine rebuilt on one name and address is another host', () => {
    const told = (vendor: string, id: string, life: Life, mac?: string) =>
      record(`${vendor.toLowerCase()}:${id}`, {
        hostname: 'app-01.example.com',
        ip: '10.2.0.5',
        ...sensor(vendor),
        life,
        ...(mac ? { network_interfaces: [{ mac, ip: '10.2.0.5' }] } : {}),
      });
    expect(
      clusters([
        told('CrowdStrike', 'old', [0, 90], '00:50:56:8a:00:01'),
        told('Qualys', 'old', [1, 89]),
        told('CrowdStrike', 'new', [100, 200], '00:50:56:8a:00:02'),
        told('Qualys', 'new', [101, 199], '00:50:56:8a:00:02'),
      ]),
    ).toEqual(['crowdstrike:new qualys:new', 'crowdstrike:old qualys:old']);
  });

  test('a replaced board keeps the serial and changes UUID and MAC: one host, unless both lived at once', () => {
    const board = (id: string, life: Life, uuid: string, mac: string) =>
      record(`crowdstrike:${id}`, {
        hostname: 'lt-1',
        ...nic(mac),
        hw_info: { serial_number: 'SERIAL0001', uuid },
        life,
      });
    const old = board('a', [0, 90], '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d', MAC);
    const [uuid, mac] = ['9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50', '8c:04:ba:50:b8:ea'];
    expect(clusters([old, board('b', [91, 200], uuid, mac)])).toHaveLength(1);
    expect(clusters([old, board('b', [10, 200], uuid, mac)])).toHaveLength(2);
  });

  test('two live agents of one vendor are two machines; an agent installed anew is the same one', () => {
    const agent = (id: string, life: Life) =>
      record(`crowdstrike:${id}`, { hostname: 'srv-1', ...sensor('CrowdStrike'), ...serial('SERIAL0001'), life });
    expect(clusters([agent('a', [0, 90]), agent('b', [91, 200])])).toHaveLength(1);
    expect(clusters([agent('a', [0, 150]), agent('b', [30, 200])])).toHaveLength(2);
  });

  test('a strong key needs no common time: Qualys may have seen it last before Falcon saw it first', () => {
    expect(
      clusters([
        record('qualys:a', { ...serial('SERIAL0001'), life: [0, 10] }),
        record('crowdstrike:b', { ...serial('SERIAL0001'), life: [50, 90] }),
      ]),
    ).toHaveLength(1);
  });
});

describe('time', () => {
  const life = (first: string | undefined, last: string | undefined) =>
    activeIntervalOf({
      type_id: 0,
      ...(first ? { first_seen_time: new Date(first) } : {}),
      ...(last ? { last_seen_time: new Date(last) } : {}),
    });

  test('a last check-in is known by its week, which begins on a Thursday', () => {
    expect(lastSeenWeek(new Date('1970-01-07T23:59:59Z'))).toBe(0);
    expect(lastSeenWeek(new Date('1970-01-08T00:00:00Z'))).toBe(1);
    expect(life('2026-01-01', '2026-01-21T10:00:00Z')).toEqual(life('2026-01-01', '2026-01-15'));
  });

  test('a life is never negative, and without times has always been', () => {
    expect(gapDays(life('2026-01-20', '2026-01-21'), life('2026-01-20', '2026-01-21'))).toBe(0);
    expect(surelyTogether(life(undefined, undefined), life('2026-01-01', '2026-03-01'))).toBe(true);
  });

  test('lives that follow each other within a week may have overlapped, until one goes on', () => {
    const [first, next, later] = [
      life('2026-01-01', '2026-01-16'),
      life('2026-01-17', '2026-01-20'),
      life('2026-01-17', '2026-02-20'),
    ];
    expect([maybeTogether(first, next), surelyTogether(first, next)]).toEqual([true, false]);
    expect(maybeTogether(first, later)).toBe(false);
  });
});
