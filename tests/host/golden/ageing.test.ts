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
type ActiveDays = [number, number];

describe('consecutive machines', () => {
  test('a reinstalled laptop has the same hardware and is one host, even with a new name', () => {
    const agent = (id: string, hostname: string, activeDays: ActiveDays) =>
      record(`crowdstrike:${id}`, {
        hostname,
        ...sensor('CrowdStrike'),
        ...nic(MAC),
        ...serial('SERIAL0001'),
        activeDays,
      });
    expect(clusters([agent('a', 'lt-1', [0, 90]), agent('b', 'lt-2', [91, 200])])).toHaveLength(1);
  });

  test('new hardware with the old name is another host, and each record joins the host with the same active interval', () => {
    const reported = (vendor: string, id: string, activeDays: ActiveDays, more: object) =>
      record(`${vendor.toLowerCase()}:${id}`, { hostname: 'lt-1.example.com', ...sensor(vendor), activeDays, ...more });
    expect(
      clusters([
        reported('CrowdStrike', 'old', [0, 90], serial('SERIAL0001')),
        reported('Qualys', 'old', [1, 89], {}),
        reported('CrowdStrike', 'new', [100, 200], serial('SERIAL0002')),
        reported('Qualys', 'new', [101, 199], {}),
      ]),
    ).toEqual(['crowdstrike:new qualys:new', 'crowdstrike:old qualys:old']);
  });

  test('a virtual machine rebuilt with the same name and address is another host', () => {
    const reported = (vendor: string, id: string, activeDays: ActiveDays, mac?: string) =>
      record(`${vendor.toLowerCase()}:${id}`, {
        hostname: 'app-01.example.com',
        ip: '10.2.0.5',
        ...sensor(vendor),
        activeDays,
        ...(mac ? { network_interfaces: [{ mac, ip: '10.2.0.5' }] } : {}),
      });
    expect(
      clusters([
        reported('CrowdStrike', 'old', [0, 90], '00:50:56:8a:00:01'),
        reported('Qualys', 'old', [1, 89]),
        reported('CrowdStrike', 'new', [100, 200], '00:50:56:8a:00:02'),
        reported('Qualys', 'new', [101, 199], '00:50:56:8a:00:02'),
      ]),
    ).toEqual(['crowdstrike:new qualys:new', 'crowdstrike:old qualys:old']);
  });

  test('a machine with a replaced board (same serial, other UUID and MAC) is one host, unless both boards are active at once', () => {
    const board = (id: string, activeDays: ActiveDays, uuid: string, mac: string) =>
      record(`crowdstrike:${id}`, {
        hostname: 'lt-1',
        ...nic(mac),
        hw_info: { serial_number: 'SERIAL0001', uuid },
        activeDays,
      });
    const old = board('a', [0, 90], '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d', MAC);
    const [uuid, mac] = ['9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50', '8c:04:ba:50:b8:ea'];
    expect(clusters([old, board('b', [91, 200], uuid, mac)])).toHaveLength(1);
    expect(clusters([old, board('b', [10, 200], uuid, mac)])).toHaveLength(2);
  });

  test('two agents of one vendor that are active at once are two machines; a reinstalled agent is the same machine', () => {
    const agent = (id: string, activeDays: ActiveDays) =>
      record(`crowdstrike:${id}`, { hostname: 'srv-1', ...sensor('CrowdStrike'), ...serial('SERIAL0001'), activeDays });
    expect(clusters([agent('a', [0, 90]), agent('b', [91, 200])])).toHaveLength(1);
    expect(clusters([agent('a', [0, 150]), agent('b', [30, 200])])).toHaveLength(2);
  });

  test('a strong key joins records whose active intervals do not overlap', () => {
    expect(
      clusters([
        record('qualys:a', { ...serial('SERIAL0001'), activeDays: [0, 10] }),
        record('crowdstrike:b', { ...serial('SERIAL0001'), activeDays: [50, 90] }),
      ]),
    ).toHaveLength(1);
  });
});

describe('active intervals', () => {
  const interval = (first: string | undefined, last: string | undefined) =>
    activeIntervalOf({
      type_id: 0,
      ...(first ? { first_seen_time: new Date(first) } : {}),
      ...(last ? { last_seen_time: new Date(last) } : {}),
    });

  test('a last check-in is rounded to its week, which begins on a Thursday', () => {
    expect(lastSeenWeek(new Date('1970-01-07T23:59:59Z'))).toBe(0);
    expect(lastSeenWeek(new Date('1970-01-08T00:00:00Z'))).toBe(1);
    expect(interval('2026-01-01', '2026-01-21T10:00:00Z')).toEqual(interval('2026-01-01', '2026-01-15'));
  });

  test('an active interval is never negative, and overlaps every other interval if it has no times', () => {
    expect(gapDays(interval('2026-01-20', '2026-01-21'), interval('2026-01-20', '2026-01-21'))).toBe(0);
    expect(surelyTogether(interval(undefined, undefined), interval('2026-01-01', '2026-03-01'))).toBe(true);
  });

  test('two intervals within a week of each other may overlap, until a check-in in a later week shows the order', () => {
    const [first, next, later] = [
      interval('2026-01-01', '2026-01-16'),
      interval('2026-01-17', '2026-01-20'),
      interval('2026-01-17', '2026-02-20'),
    ];
    expect([maybeTogether(first, next), surelyTogether(first, next)]).toEqual([true, false]);
    expect(maybeTogether(first, later)).toBe(false);
  });
});
