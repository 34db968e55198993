import { startSimulator } from '../../simulator/server.js';
import { control, demoPage, type Row } from './clients.js';

/** A simple resolution by the rules for which a fleet is generated. It must reach the truth exactly. */
const PLACEHOLDERS = new Set([
  '',
  '0',
  'none',
  'n/a',
  'default string',
  'system serial number',
  'to be filled by o.e.m.',
  'not specified',
]);

interface Record {
  id: string;
  keys: string[];
}

const lowerCase = (value: unknown): string => (typeof value === 'string' ? value.toLowerCase() : '');
const mac = (value: unknown): string => lowerCase(value).replaceAll(/[^0-9a-f]/g, '');
const short = (value: unknown): string => lowerCase(value).split('.')[0] ?? '';

function qualysRecord(host: Row): Record {
  const sources = (host['sourceInfo'] as { list: { [kind: string]: Row }[] }).list;
  const cloud = Object.values(sources[0] ?? {})[0] ?? {};
  const nics = (host['networkInterface'] as { list: { HostAssetInterface: Row }[] }).list.map(
    (row) => row.HostAssetInterface,
  );
  const instance = cloud['instanceId'] ?? cloud['vmId'];
  const name = short(host['dnsHostName'] ?? host['name']);
  return {
    id: `qualys:${host['id'] as number}`,
    keys: [
      ...(instance ? [`cloud ${lowerCase(instance)}`] : []),
      ...nics.filter((nic) => nic['macAddress']).map((nic) => `mac ${mac(nic['macAddress'])} ${name}`),
    ],
  };
}

function crowdstrikeRecord(device: Row): Record {
  const serial = lowerCase(device['serial_number']);
  const name = short(device['hostname']);
  return {
    id: `crowdstrike:${device['device_id'] as string}`,
    keys: [
      ...(device['instance_id'] ? [`cloud ${lowerCase(device['instance_id'])}`] : []),
      ...(PLACEHOLDERS.has(serial) ? [] : [`serial ${serial}`]),
      ...[device['mac_address'], device['connection_mac_address']].map((address) => `mac ${mac(address)} ${name}`),
    ],
  };
}

function clusters(records: Record[]): string[] {
  const parents = new Map<string, string>();
  const root = (item: string): string => {
    const parent = parents.get(item) ?? item;
    return parent === item ? item : root(parent);
  };
  for (const { id, keys } of records) for (const key of keys) parents.set(root(key), root(id));
  const members = new Map<string, string[]>();
  for (const { id } of records) members.set(root(id), [...(members.get(root(id)) ?? []), id]);
  return [...members.values()].map((ids) => ids.toSorted().join(' ')).toSorted();
}

const fleets = new Map<number, ReturnType<typeof makeFleet>>();

/** Generates a fleet once for all tests that use it. */
function fleetOf(seed: number): ReturnType<typeof makeFleet> {
  const made = fleets.get(seed) ?? makeFleet(seed);
  fleets.set(seed, made);
  return made;
}

async function makeFleet(seed: number) {
  const { url, inventory, stop } = await startSimulator({ hosts: 1_200, seed, maxPage: 10_000 });
  const qualys = await demoPage(url, 'qualys', 0, inventory.count('qualys'));
  const crowdstrike = await demoPage(url, 'crowdstrike', 0, inventory.count('crowdstrike'));
  const lines = (await (await fetch(`${url}/_control/truth`)).text()).trim().split('\n');
  const state = await control<{ hosts: number }>(url, 'GET', 'state');
  await stop();
  const truth = lines.map((line) => JSON.parse(line) as { machine: number; qualys?: string; crowdstrike?: string });
  return { qualys, crowdstrike, truth, hosts: state.hosts };
}

test.each([1, 42])('cloud id, serial, and MAC with short name find exactly the machines of seed %i', async (seed) => {
  const { qualys, crowdstrike, truth, hosts } = await fleetOf(seed);
  expect(truth).toHaveLength(hosts);
  const expected = truth.map((machine) =>
    [machine.crowdstrike && `crowdstrike:${machine.crowdstrike}`, machine.qualys && `qualys:${machine.qualys}`]
      .filter(Boolean)
      .join(' '),
  );
  expect(clusters([...qualys.map(qualysRecord), ...crowdstrike.map(crowdstrikeRecord)])).toEqual(expected.toSorted());
  const both = truth.filter((machine) => machine.qualys && machine.crowdstrike).length / truth.length;
  expect(both).toBeGreaterThan(0.69);
  expect(both).toBeLessThan(0.77);
});

test('the fleet contains identifiers that unrelated machines share', async () => {
  const { qualys, crowdstrike } = await fleetOf(1);
  /** Values that several records of one source share. */
  const shared = (values: unknown[]): Set<string> => {
    const seen = new Set<string>();
    return new Set(values.map(String).filter((value) => seen.has(value) || !seen.add(value)));
  };
  const serials = shared(crowdstrike.map((device) => device['serial_number']));
  expect(serials.size).toBeGreaterThan(3);
  expect([...serials].every((serial) => PLACEHOLDERS.has(serial.toLowerCase()))).toBe(true);
  expect(shared(crowdstrike.map((device) => device['cid'])).size).toBe(1);
  expect(shared(qualys.map((host) => host['networkGuid'])).size).toBe(1);
  expect(shared(crowdstrike.map((device) => device['mac_address'])).size).toBeGreaterThan(3);
  expect(shared(crowdstrike.map((device) => short(device['hostname']))).size).toBeGreaterThan(10);
  expect(shared(crowdstrike.map((device) => device['external_ip'])).size).toBeGreaterThan(10);
  expect([...shared(crowdstrike.map((device) => device['local_ip']))].some((ip) => ip.startsWith('192.168.'))).toBe(
    true,
  );
  const text = JSON.stringify(qualys);
  expect(text).toMatch(/"macAddress":"[0-9A-F:]*[A-F][0-9A-F:]*"/);
  expect(text).toMatch(/"macAddress":"[0-9a-f:]*[a-f][0-9a-f:]*"/);
  expect(text).toMatch(/"macAddress":"000D3A[0-9A-F]{6}"/);
  expect(text).toMatch(/"address":"fe80:0:0:0:/);
});
