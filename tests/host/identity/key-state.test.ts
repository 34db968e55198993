import { KEY_LIMITS, keyState } from '../../../src/host/identity/key-state.js';
import { keyStates } from '../../../src/host/identity/resolve.js';
import { clusters, nic, record } from '../records.js';

const MAC = '00:50:56:8a:11:22';
const serial = (serial_number: string) => ({ hw_info: { serial_number } });
const UUID = '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d';
const sensor = (vendor_name: string) => ({ agent_list: [{ type_id: 1, name: 'Agent', vendor_name }] });

const laptop = (id: string, more: object = {}) =>
  record(`crowdstrike:${id}`, {
    hostname: `lt-${id}`,
    ...sensor('CrowdStrike'),
    ...nic(MAC),
    activeDays: [0, 30],
    ...more,
  });

describe('a MAC', () => {
  const state = (...records: ReturnType<typeof laptop>[]) => keyState(`mac::${MAC}`, records);

  test('of one machine is usable, however many records have it', () => {
    const same = { hostname: 'lt-a', ...serial('SERIAL0001') };
    expect(state(laptop('a', same))).toEqual({ state: 'ok', holders: 1 });
    expect(state(laptop('a', same), record('qualys:1', { hostname: 'LT-A', ...nic(MAC) }))).toEqual({
      state: 'ok',
      holders: 2,
    });
  });

  test('of a dock is weak between two laptops, and suppressed among three', () => {
    expect(state(laptop('a'), laptop('b'))).toEqual({
      state: 'weak',
      holders: 2,
      why: 'agents',
      records: ['crowdstrike:a', 'crowdstrike:b'],
    });
    expect(state(laptop('c'), laptop('a'), laptop('b'))).toEqual({
      state: 'suppressed',
      holders: 3,
      why: 'agents',
      records: ['crowdstrike:a', 'crowdstrike:b', 'crowdstrike:c'],
    });
  });

  test('that machines have one after the other is usable', () => {
    const after = (id: string, at: number) => laptop(id, { activeDays: [at, at + 30] });
    expect(state(after('a', 0), after('b', 40), after('c', 80)).state).toBe('ok');
  });

  test('with different serials at the same time is weak, whichever vendor reports it', () => {
    const reported = (id: string, serial_number: string) =>
      record(id, { ...nic(MAC), ...serial(serial_number), activeDays: [0, 30] });
    expect(state(reported('crowdstrike:a', 'SERIAL0001'), reported('tenable:b', 'SERIAL0002'))).toMatchObject({
      state: 'weak',
      why: 'serial',
    });
  });

  test('with more records than the limit is suppressed without reading these records', () => {
    const many = Array.from({ length: KEY_LIMITS.mac + 1 }, (_, at) => record(`qualys:${at}`, nic(MAC)));
    expect(keyState(`mac::${MAC}`, many)).toEqual({ state: 'suppressed', holders: 25, why: 'holders' });
  });
});

describe('a serial or UUID', () => {
  test('of clones is weak, because their interfaces and names differ', () => {
    const clone = (id: string, hostname: string, mac: string) =>
      record(id, { hostname, ...nic(mac), hw_info: { uuid: UUID }, activeDays: [0, 30] });
    const pair = [clone('crowdstrike:a', 'app-01', MAC), clone('tenable:b', 'app-02', '00:50:56:8a:33:44')];
    expect(keyState(`uuid::${UUID}`, pair)).toMatchObject({ state: 'weak', why: 'nics' });
    expect(clusters(pair)).toHaveLength(2);
  });

  test('that is weak still joins records that also agree in an interface or a name', () => {
    const reported = (id: string, hostname: string, mac?: string) =>
      record(id, { hostname, ...(mac ? nic(mac) : {}), hw_info: { uuid: UUID }, activeDays: [0, 30] });
    expect(
      clusters([
        reported('crowdstrike:a', 'app-01', MAC),
        reported('crowdstrike:b', 'app-02', '00:50:56:8a:33:44'),
        reported('tenable:a', 'app-01', MAC),
        reported('tenable:b', 'app-02'),
      ]),
    ).toEqual(['crowdstrike:a tenable:a', 'crowdstrike:b tenable:b']);
  });

  test('that the manufacturer left equal in three active machines is suppressed', () => {
    const board = (id: string) => laptop(id, { ...serial('SERIAL0001'), ...nic(`00:50:56:8a:00:0${id}`) });
    expect(keyState('serial::SERIAL0001', [board('1'), board('2'), board('3')])).toMatchObject({
      state: 'suppressed',
      why: 'agents',
    });
  });

  test('of a laptop is usable although one vendor reports only its dock', () => {
    const reported = (id: string, mac: string) =>
      record(id, { hostname: 'lt-a', ...nic(mac), ...serial('SERIAL0001'), activeDays: [0, 30] });
    const pair = [reported('crowdstrike:a', '00:11:22:33:44:66'), reported('tenable:b', MAC)];
    expect(keyState('serial::SERIAL0001', pair).state).toBe('ok');
    expect(clusters(pair)).toHaveLength(1);
  });
});

describe('a name', () => {
  const named = (id: string, more: object = {}) =>
    record(id, { hostname: 'web-01.example.com', ip: '10.0.0.5', ...sensor('Qualys'), activeDays: [0, 30], ...more });

  test('of two active machines is weak, and of consecutive machines usable', () => {
    expect(keyState('fqdn::web-01.example.com', [named('qualys:1'), named('qualys:2')])).toMatchObject({
      state: 'weak',
      why: 'agents',
    });
    expect(
      keyState('fqdn::web-01.example.com', [named('qualys:1'), named('qualys:2', { activeDays: [40, 70] })]).state,
    ).toBe('ok');
  });
});

test('a key state does not depend on the order of the records', () => {
  const holders = [
    laptop('a'),
    laptop('b', { activeDays: [0, 10] }),
    laptop('c', serial('SERIAL0001')),
    laptop('d', { activeDays: [20, 30] }),
  ];
  const found = keyState(`mac::${MAC}`, holders);
  expect(keyState(`mac::${MAC}`, [...holders].reverse())).toEqual(found);
  expect(keyState(`mac::${MAC}`, [holders[2]!, holders[0]!, holders[3]!, holders[1]!])).toEqual(found);
  expect(keyStates(holders).get(`mac::${MAC}`)).toEqual(found);
});

test('an instance id is always usable, even if its records contradict each other', () => {
  const keys = ['cloud:aws:i-0f74daf3d7225083a'];
  const reported = (id: string) => laptop(id, { keys, ...serial(`SERIAL000${id}`) });
  expect(keyState(keys[0]!, [reported('1'), reported('2'), reported('3')]).state).toBe('ok');
});
