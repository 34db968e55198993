import { identityKeys } from '../../../src/host/identity/keys.js';
import { SHARED_MAC_PREFIXES } from '../../../src/host/canonical/deny-lists/macs.js';
import { aws, nic, record } from '../records.js';

const keys = (...given: Parameters<typeof record>) => record(...given).keys;
const agent = (uid?: string) => [{ type_id: 1, name: 'Falcon Sensor', vendor_name: 'CrowdStrike', uid }];

test('a cloud instance has one key, with or without an account in the record', () => {
  const instance_uid = 'i-0f74daf3d7225083a';
  const expected = ['cloud:aws:i-0f74daf3d7225083a'];
  expect(keys('qualys:1', { instance_uid, cloud: { provider: 'aws', account: { uid: '111122223333' } } })).toEqual(
    expected,
  );
  expect(keys('crowdstrike:1', { instance_uid, cloud: aws })).toEqual(expected);
  expect(keys('crowdstrike:1', { instance_uid })).toEqual(expected);
});

test('an Azure vmId gives a cloud key and a hardware UUID key, in either byte order', () => {
  const straight = keys('qualys:1', {
    instance_uid: '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d',
    cloud: { provider: 'azure' },
  });
  const swapped = keys('qualys:2', {
    instance_uid: 'D2A64D56-0617-4363-8CBE-1F2D9A3B4C5D',
    cloud: { provider: 'azure' },
  });
  expect(straight).toEqual([
    'cloud:azure:564da6d2-1706-6343-8cbe-1f2d9a3b4c5d',
    'uuid::564da6d2-1706-6343-8cbe-1f2d9a3b4c5d',
  ]);
  expect(swapped).toEqual(straight);
});

test("the key of another provider's instance contains the account, and does not exist without one", () => {
  expect(keys('qualys:1', { instance_uid: 'vm-7', cloud: { provider: 'oci', account: { uid: 'Tenancy:1' } } })).toEqual(
    ['cloud:oci/tenancy_1:vm-7'],
  );
  expect(keys('qualys:1', { instance_uid: 'vm-7', cloud: { provider: 'oci' } })).toEqual([]);
  expect(keys('qualys:1', { instance_uid: '8415755636796452136', cloud: { provider: 'gcp' } })).toEqual([
    'cloud:gcp:8415755636796452136',
  ]);
});

test("an agent key contains the vendor, and the record's native id if the agent has no id", () => {
  expect(keys('qualys:1', { agent_list: agent('E64D9E3EB9F24F44818240D7F9AD4EBC') })).toEqual([
    'agent:crowdstrike:e64d9e3eb9f24f44818240d7f9ad4ebc',
  ]);
  expect(keys('crowdstrike:e64d9e3eb9f24f44818240d7f9ad4ebc', { agent_list: agent() })).toEqual([
    'agent:crowdstrike:e64d9e3eb9f24f44818240d7f9ad4ebc',
  ]);
  expect(keys('qualys:305003660', { agent_list: agent() })).toEqual([]);
});

test('sequence numbers of a console and empty UUIDs are not agent ids', () => {
  expect(keys('qualys:1', { agent_list: agent('123456789012345') })).toEqual([]);
  expect(keys('qualys:1', { agent_list: agent('00000000-0000-0000-0000-000000000000') })).toEqual([]);
});

test('a serial gives a serial key, or a UUID key if it contains the hardware UUID', () => {
  expect(keys('crowdstrike:1', { hw_info: { serial_number: 'c02f60u4q05n' } })).toEqual(['serial::C02F60U4Q05N']);
  const ec2 = keys('crowdstrike:1', { hw_info: { serial_number: 'ec26e6cb-2f47-bf3a-41e3-e75f58b6fc2f' } });
  expect(ec2).toEqual(['uuid::cbe626ec-472f-3abf-41e3-e75f58b6fc2f']);
  expect(keys('tenable:1', { hw_info: { uuid: 'EC26E6CB-2F47-BF3A-41E3-E75F58B6FC2F' } })).toEqual(ec2);
  const vmware = keys('crowdstrike:1', {
    hw_info: { serial_number: 'VMware-56 4d a6 d2 17 06 63 43-8c be 1f 2d 9a 3b 4c 5d' },
  });
  expect(vmware).toEqual(['uuid::564da6d2-1706-6343-8cbe-1f2d9a3b4c5d']);
});

test('placeholders give no keys, even if the mapping does not remove them', () => {
  for (const serial_number of ['Default string', '0', '00000000-0000-0000-0000-000000000000']) {
    expect(keys('crowdstrike:1', { hw_info: { serial_number, uuid: '03000200-0400-0500-0006-000700080009' } })).toEqual(
      [],
    );
  }
});

test('vendor-assigned MACs give keys, and locally administered MACs only in a cloud', () => {
  expect(keys('qualys:1', nic('00:50:56:8a:11:22'))).toEqual(['mac::00:50:56:8a:11:22']);
  expect(keys('qualys:1', nic('0a:9a:0e:ba:3f:d9'))).toEqual([]);
  expect(keys('qualys:1', { ...nic('0a:9a:0e:ba:3f:d9'), cloud: aws })).toEqual(['mac:aws:0a:9a:0e:ba:3f:d9']);
});

test('EC2 is recognized without cloud metadata', () => {
  const expected = ['mac:aws:0a:9a:0e:ba:3f:d9'];
  const mac = '0a:9a:0e:ba:3f:d9';
  expect(keys('qualys:1', { mac, hw_info: { bios_ver: '4.11.amazon' } })).toEqual(expected);
  expect(keys('qualys:1', { mac, vendor_name: 'Amazon EC2' })).toEqual(expected);
  expect(keys('qualys:1', { mac, hostname: 'ip-10-0-0-5.ec2.internal' })).toEqual(expected);
  expect(keys('qualys:1', { mac, hostname: 'ip-10-0-0-5.eu-west-1.compute.internal' })).toEqual(expected);
});

test('MACs that many machines share give no keys, in a cloud or outside of it', () => {
  for (const prefix of SHARED_MAC_PREFIXES) {
    const mac = prefix + '00:00:00:00:00:00'.slice(prefix.length);
    expect(keys('qualys:1', { ...nic(mac), cloud: aws })).toEqual([]);
  }
  expect(keys('qualys:1', { ...nic('01:00:5e:00:00:fb'), cloud: aws })).toEqual([]);
});

test('pods and containers give no keys, because they report their node', () => {
  const node = {
    instance_uid: 'i-0f74daf3d7225083a',
    cloud: aws,
    hw_info: { serial_number: 'C02F60U4Q05N' },
    ...nic('00:50:56:8a:11:22'),
  };
  expect(keys('crowdstrike:1', { class: 'pod', ...node })).toEqual([]);
  expect(keys('crowdstrike:1', { class: 'container', ...node })).toEqual([]);
  expect(keys('crowdstrike:1', node)).toHaveLength(3);
});

test('keys are sorted and distinct, and a node with many interfaces has a limited number, vendor-assigned MACs first', () => {
  const network_interfaces = Array.from({ length: 200 }, (_, at) => ({
    mac: `0a:00:00:00:00:${at.toString(16).padStart(2, '0')}`,
  }));
  const found = keys('crowdstrike:1', {
    mac: '00:50:56:8a:11:22',
    network_interfaces: [...network_interfaces, { mac: '00:50:56:8a:11:22' }],
    cloud: aws,
  });
  expect(found).toHaveLength(32);
  expect(found[0]).toBe('mac::00:50:56:8a:11:22');
  expect([...new Set(found)].sort()).toEqual(found);
  expect(identityKeys('crowdstrike', '1', record('crowdstrike:1').observation)).toEqual([]);
});

test('a specific name gives keys alone, with its domain, with private addresses, and truncated by NetBIOS', () => {
  expect(keys('qualys:1', { hostname: 'accounting-print-03', domain: 'corp.example.com', ip: '10.2.0.5' })).toEqual([
    'fqdn::accounting-print-03.corp.example.com',
    'name-ip:10.2.0.5:accounting-prin',
    'name::accounting-print-03',
    'name:netbios:accounting-prin',
  ]);
  expect(keys('qualys:1', { hostname: 'web-01.lan', name: 'WEB-01', ip: '192.0.2.7' })).toEqual(['name::web-01']);
  expect(keys('qualys:1', { name: 'Front desk (old)' })).toEqual([]);
});

test('a name that many machines have gives only a key with its private and external address', () => {
  const place = { ip: '192.168.1.5', external_ips: ['198.51.100.9'] };
  expect(keys('qualys:1', { hostname: 'macbook-pro.local', ...place })).toEqual([
    'name-ip:198.51.100.9/192.168.1.5:macbook-pro',
  ]);
  expect(keys('qualys:1', { hostname: 'ip-192-168-1-5.ec2.internal', ...place })).toEqual([
    'name-ip:198.51.100.9/192.168.1.5:ip-192-168-1-5',
  ]);
  expect(keys('qualys:1', { hostname: 'macbook-pro.local', ip: '192.168.1.5' })).toEqual([]);
});

test("a Dell's UUID also gives the serial key of its service tag, in either byte order", () => {
  const expected = ['serial::3B5RKN2', 'uuid::44454c4c-4200-1035-8052-b3c04f4b4e32'];
  expect(keys('tenable:1', { hw_info: { uuid: '4C4C4544-0042-3510-8052-B3C04F4B4E32' } })).toEqual(expected);
  expect(keys('tenable:1', { hw_info: { uuid: '44454c4c-4200-1035-8052-b3c04f4b4e32' } })).toEqual(expected);
  expect(keys('crowdstrike:1', { hw_info: { serial_number: '3B5RKN2' } })).toEqual(['serial::3B5RKN2']);
});

test('an EC2 machine whose hostname is its instance id has the key of that instance', () => {
  expect(keys('qualys:1', { hostname: 'i-0f74daf3d7225083a.eu-west-1.compute.internal' })).toContain(
    'cloud:aws:i-0f74daf3d7225083a',
  );
});
