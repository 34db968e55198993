import { KEY_LIMITS, keyState } from '../../../src/host/identity/key-state.js';
import { keyStates } from '../../../src/host/identity/resolve.js';
import { clusters, nic, record } from '../records.js';

const MAC = '00:50:56:8a:11:22';
const serial = (serial_number: string) => ({ hw_info: { serial_number } });
const UUID = '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d';
const sensor = (vendor_name: string) => ({ agent_list: [{ type_id: 1, name: 'Agent', vendor_name }] });

const laptop = (id: string, more: object = {}) =>
  record(`crowdstrike:${id}`, { hostname: `lt-${id}`, ...sensor('CrowdStrike'), ...nic(MAC), life: [0, 30], ...more });

describe('a MAC', () => {
  const state = (...records: ReturnType<typeof laptop>[]) => keyState(`mac::${MAC}`, records);

  test('that one machine has is as good as any, in however many records', () => {
    const same = { hostname: 'lt-a', ...serial('SERIAL0001') };
    expect(state(laptop('a', same))).toEqual({ state: 'ok', holders: 1 });
    expect(state(laptop('a', same), record('qualys:1', { hostname: 'LT-A', ...nic(MAC) }))).toEqual({
      state: 'ok',
      holders: 2,
    });
  });

  test('of a dock is weak between two laptops, and cut among three', () => {
    expect(state(laptop('a'), laptop('b'))).toEqual({
      state: 'weak',
      holders: 2,
      why: 'agents',
      records: ['crowdstrike:a', 'crowdstrike:b'],
    });
    expect(state(laptop('c'), laptop('a'), laptop('b'))).toEqual({
      state: 'cut',
      holders: 3,
      why: 'agents',
      records: ['crowdstrike:a', 'crowdstrike:b', 'crowdstrike:c'],
    });
  });

  test('that machines have one after the other contradicts nobody', () => {
    const after = (id: string, at: number) => laptop(id, { life: [at, at + 30] });
    expect(state(after('a', 0), after('b', 40), after('c', 80)).state).toBe('ok');
  });

  test('with different serials at the same time is on different machines, whoever tells it', () => {
    const told = (id: string, serial_number: string) =>
      record(id, { ...nic(MAC), ...serial(serial_number), life: [0, 30] });
    expect(state(told('crowdstrike:a', 'SERIAL0001'), told('tenable:b', 'SERIAL0002'))).toMatchObject({
      state: 'weak',
      why: 'serial',
    });
  });

  test('beyond the limit is cut without a look at its holders', () => {
    const many = Array.from({ length: KEY_LIMITS.mac + 1 }, (_, at) => record(`qualys:${at}`, nic(MAC)));
    expect(keyState(`mac::${MAC}`, many)).toEqual({ state: 'cut', holders: 25, why: 'holders' });
  });
});

describe('a serial or UUID', () => {
  test('of clones is weak: their interfaces differ and so do their names', () => {
    const clone = (id: string, hostname: string, mac: string) =>
      record(id, { hostname, ...nic(mac), hw_info: { uuid: UUID }, life: [0, 30] });
    const pair = [clone('crowdstrike:a', 'app-01', MAC), clone('tenable:b', 'app-02', '00:50:56:8a:33:44')];
    expect(keyState(`uuid::${UUID}`, pair)).toMatchObject({ state: 'weak', why: 'nics' });
    expect(clusters(pair)).toHaveLength(2);
  });

  test('that is weak still joins what also agrees in an interface or a name', () => {
    const told = (id: string, hostname: string, mac?: string) =>
      record(id, { hostname, ...(mac ? nic(mac) : {}), hw_info: { uuid: UUID }, life: [0, 30] });
    expect(
      clusters([
        told('crowdstrike:a', 'app-01', MAC),
        told('crowdstrike:b', 'app-02', '00:50:56:8a:33:44'),
        told('tenable:a', 'app-01', MAC),
        told('tenable:b', 'app-02'),
      ]),
    ).toEqual(['crowdstrike:a tenable:a', 'crowdstrike:b tenable:b']);
  });

  test('that the maker left the same in three live machines is cut', () => {
    const board = (id: string) => laptop(id, { ...serial('SERIAL0001'), ...nic(`00:50:56:8a:00:0${id}`) });
    expect(keyState('serial::SERIAL0001', [board('1'), board('2'), board('3')])).toMatchObject({
      state: 'cut',
      why: 'agents',
    });
  });

  test('of a laptop is good although one tool tells of its dock only', () => {
    const told = (id: string, mac: string) =>
      record(id, { hostname: 'lt-a', ...nic(mac), ...serial('SERIAL0001'), life: [0, 30] });
    const pair = [told('crowdstrike:a', '00:11:22:33:44:66'), told('tenable:b', MAC)];
    expect(keyState('serial::SERIAL0001', pair).state).toBe('ok');
    expect(clusters(pair)).toHaveLength(1);
  });
});

describe('a name', () => {
  const named = (id: string, more: object = {}) =>
    record(id, { hostname: 'web-01.example.com', ip: '10.0.0.5', ...sensor('Qualys'), life: [0, 30], ...more });

  test('of two live machines is weak, and of machines that follow each other good', () => {
    expect(keyState('fqdn::web-01.example.com', [named('qualys:1'), named('qualys:2')])).toMatchObject({
      state: 'weak',
      why: 'agents',
    });
    expect(keyState('fqdn::web-01.example.com', [named('qualys:1'), named('qualys:2', { life: [40, 70] })]).state).toBe(
      'ok',
    );
  });
});

test('a state does not depend on the order of the holders', () => {
  const holders = [
    laptop('a'),
    laptop('b', { life: [0, 10] }),
    laptop('c', serial('SERIAL0001')),
    laptop('d', { life: [20, 30] }),
  ];
  const found = keyState(`mac::${MAC}`, holders);
  expect(keyState(`mac::${MAC}`, [...holders].reverse())).toEqual(found);
  expect(keyState(`mac::${MAC}`, [holders[2]!, holders[0]!, holders[3]!, holders[1]!])).toEqual(found);
  expect(keyStates(holders).get(`mac::${MAC}`)).toEqual(found);
});

test('instance ids are never contradicted', () => {
  const keys = ['cloud:aws:i-0f74daf3d7225083a'];
  const told = (id: string) => laptop(id, { keys, ...serial(`SERIAL000${id}`) });
  expect(keyState(keys[0]!, [told('1'), told('2'), told('3')]).state).toBe('ok');
});
