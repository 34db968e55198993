import { identityKeys } from '../../../src/host/identity/keys.js';
import { mapAsset } from '../../../src/sources/tenable/asset.js';
import { RecordRejected } from '../../../src/model/source.js';
import { asExtended } from '../qualys/assets.js';
import { ec2Asset, groupedAsset } from './assets.js';

const observed = (raw: object) => mapAsset({ id: 'a', ...raw }).observation;
const device = (raw: object) => observed(raw).device;

test('every field of an EC2 instance is mapped', () => {
  expect(mapAsset(ec2Asset)).toStrictEqual({
    id: '95c2725c-7298-4a44-8a1d-63131ca3f01f',
    observation: {
      class: 'machine',
      device: {
        type_id: 6,
        type: 'Virtual',
        name: 'ip-10-20-30-40',
        hostname: 'ip-10-20-30-40.ec2.internal',
        ip: '10.20.30.40',
        mac: '0a:9a:0e:ba:3f:d9',
        network_interfaces: [
          { name: 'eth0', ip: '10.20.30.40', mac: '0a:9a:0e:ba:3f:d9' },
          { name: 'eth0', ip: 'fe80::89a:eff:feba:3fd9', mac: '0a:9a:0e:ba:3f:d9' },
        ],
        os: { name: 'Amazon Linux', version: '2', type_id: 200, type: 'Linux' },
        hw_info: {
          serial_number: 'ec2ae369-0aef-2bd5-dfb5-dfca408f0222',
          uuid: 'ec2ae369-0aef-2bd5-dfb5-dfca408f0222',
        },
        agent_list: [
          {
            type_id: 5,
            type: 'Vulnerability Management',
            name: 'Tenable Agent',
            vendor_name: 'Tenable',
            uid: 'd9a5b6c7-e8f9-4a0b-8c1d-2e3f4a5b6c7d',
          },
        ],
        instance_uid: 'i-0f74daf3d7225083a',
        image: { uid: 'ami-0a1b2c3d4e5f60718' },
        region: 'us-east-1',
        zone: 'us-east-1c',
        vpc_uid: 'vpc-092653ee3a9df275d',
        subnet_uid: 'subnet-01f8e12a21584302c',
        is_managed: true,
        first_seen_time: new Date('2023-01-31T20:40:23.447Z'),
        last_seen_time: new Date('2024-02-28T22:27:52.869Z'),
        modified_time: new Date('2024-03-01T22:27:58.599Z'),
      },
      cloud: { provider: 'aws', account: { uid: '111122223333' } },
      external_ips: ['203.0.113.9'],
      tags: ['Team=Web'],
      software_count: 2,
      status: 'running',
    },
  });
});

test('the grouped form of the second version gives the same observation', () => {
  expect(mapAsset(groupedAsset)).toStrictEqual(mapAsset(ec2Asset));
});

test('its keys match those of other vendors', () => {
  const { id, observation } = mapAsset(ec2Asset);
  expect(identityKeys('tenable', id, observation)).toEqual(
    expect.arrayContaining([
      'agent:tenable:d9a5b6c7-e8f9-4a0b-8c1d-2e3f4a5b6c7d',
      'cloud:aws:i-0f74daf3d7225083a',
      'mac:aws:0a:9a:0e:ba:3f:d9',
    ]),
  );
});

test('older listings use singular names, with lists or single values', () => {
  const { device, cloud, external_ips } = observed({
    host_name: 'WEB01',
    fqdns: ['web01.corp.example.com'],
    display_ipv4_address: '10.1.2.3',
    ipv4_addresses: ['10.9.9.9', '10.1.2.3'],
    mac_address: ['00-50-56-AA-BB-CC'],
    bios_id: '4c4c4544-0051-3010-8057-b7c04f4a354a',
    tenable_id: 'ABCDEF0123456789ABCDEF0123456789',
    aws_ec2_instance_id: ['i-0f74daf3d7225083a'],
    first_observed: { $date: '2023-01-31T20:40:23.447Z' },
    last_observed: { $date: '2024-02-28T22:27:52.869Z' },
    updated: '2024-03-01T00:00:00Z',
  });
  expect(device).toMatchObject({
    hostname: 'web01.corp.example.com',
    ip: '10.1.2.3',
    mac: '00:50:56:aa:bb:cc',
    hw_info: { uuid: '4c4c4544-0051-3010-8057-b7c04f4a354a' },
    instance_uid: 'i-0f74daf3d7225083a',
    first_seen_time: new Date('2023-01-31T20:40:23.447Z'),
    last_seen_time: new Date('2024-02-28T22:27:52.869Z'),
    modified_time: new Date('2024-03-01T00:00:00Z'),
  });
  expect(device.agent_list).toMatchObject([{ uid: 'abcdef0123456789abcdef0123456789' }]);
  expect(cloud).toStrictEqual({ provider: 'aws' });
  expect(external_ips).toStrictEqual([]);
});

test('extended JSON is read like plain JSON', () => {
  expect(mapAsset(asExtended(ec2Asset))).toStrictEqual(mapAsset(ec2Asset));
});

test('the machine’s own name has priority over reverse DNS, which only completes it', () => {
  expect(device({ hostnames: ['web01'], fqdns: ['old-name.example.com', 'web01.example.com'] }).hostname).toBe(
    'web01.example.com',
  );
  expect(device({ hostnames: ['web01'], fqdns: ['old-name.example.com'] }).hostname).toBe('web01');
  expect(device({ agent_names: ['Web02'] }).hostname).toBe('web02');
  expect(device({ fqdns: ['web03.example.com'] }).hostname).toBe('web03.example.com');
  expect(device({ netbios_names: ['WEB04'] })).toMatchObject({ name: 'WEB04', hostname: 'web04' });
});

test('a DNS name has priority over a NetBIOS name that may be truncated', () => {
  expect(device({ netbios_names: ['BER-WEB-PRD-ABC'], fqdns: ['ber-web-prd-abcdefg.example.com'] }).hostname).toBe(
    'ber-web-prd-abcdefg.example.com',
  );
});

test('addresses are linked to a MAC only when their interface has one', () => {
  const { network_interfaces: interfaces } = device({
    network_interfaces: [
      { name: 'UNKNOWN', mac_addresses: ['00:50:56:00:00:01', '00:50:56:00:00:02'], ipv4s: ['10.0.0.1', '10.0.0.2'] },
    ],
    mac_addresses: ['00:50:56:00:00:02', '00:50:56:00:00:03', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', 'junk', 7],
    ipv4s: ['10.0.0.1', '10.0.0.9', '0.0.0.0', '300.1.1.1', null],
  });
  const only = (entries: { ip?: string; mac?: string }[]) => expect.arrayContaining(entries);
  expect(interfaces).toStrictEqual(
    only([
      { mac: '00:50:56:00:00:01' },
      { mac: '00:50:56:00:00:02' },
      { mac: '00:50:56:00:00:03' },
      { ip: '10.0.0.1' },
      { ip: '10.0.0.2' },
      { ip: '10.0.0.9' },
    ]),
  );
  expect(interfaces).toHaveLength(6);
});

test('the address of a container bridge is not the machine’s own address', () => {
  const bridged = device({
    network_interfaces: [
      { name: 'docker0', mac_addresses: ['02:42:ac:11:00:01'], ipv4s: ['172.17.0.1'] },
      { name: 'eth0', mac_addresses: ['00:50:56:00:00:01'], ipv4s: ['10.0.0.1'] },
    ],
  });
  expect(bridged).toMatchObject({ ip: '10.0.0.1', mac: '00:50:56:00:00:01' });
});

test('Azure and Google instances have their ids, subscription and project', () => {
  const azure = observed({
    azure_vm_id: '13D8A7C1-5F1C-4E0C-9C7E-1A2B3C4D5E6F',
    azure_resource_id: '/subscriptions/AAAA1111-0000-0000-0000-000000000000/resourceGroups/rg/providers/x',
  });
  expect(azure.cloud).toStrictEqual({
    provider: 'azure',
    account: { uid: 'aaaa1111-0000-0000-0000-000000000000' },
  });
  expect(azure.device.instance_uid).toBe('13d8a7c1-5f1c-4e0c-9c7e-1a2b3c4d5e6f');
  const google = observed({
    gcp_instance_id: '8415755636796452136',
    gcp_project_id: 'acme-1',
    gcp_zone: 'us-central1-a',
  });
  expect(google.cloud).toStrictEqual({ provider: 'gcp', project_uid: 'acme-1' });
  expect(google.device).toMatchObject({
    instance_uid: '8415755636796452136',
    region: 'us-central1',
    zone: 'us-central1-a',
  });
});

test('placeholders, nulls and values of a wrong type are treated as absent', () => {
  expect(
    mapAsset({
      id: 'a',
      serial_number: 'To be filled by O.E.M.',
      bios_uuid: '00000000-0000-0000-0000-000000000000',
      agent_uuid: null,
      hostnames: [],
      fqdns: { a: 1 },
      ipv4s: 'none',
      mac_addresses: [null, {}],
      network_interfaces: ['eth0', null],
      operating_systems: [],
      first_seen: '0001-01-01T00:00:00Z',
      last_seen: 0,
      tags: [{ value: 'x' }, null],
      gcp_instance_id: {},
    }),
  ).toStrictEqual({
    id: 'a',
    observation: { class: 'machine', device: { type_id: 0, type: 'Unknown' }, external_ips: [], tags: [] },
  });
});

test('several operating systems are a guess, so the machine gets no version', () => {
  const { os } = device({ operating_systems: ['Linux Kernel 3.13', 'Linux Kernel 3.10'] });
  expect(os).toStrictEqual({ name: 'Linux Kernel 3.13 / Linux Kernel 3.10', type_id: 200, type: 'Linux' });
});

test('a deleted or terminated instance has that status', () => {
  expect(observed({ deleted_at: '2024-01-01T00:00:00Z', aws_ec2_instance_state_name: 'running' }).status).toBe(
    'deleted',
  );
  expect(observed({ timestamps: { terminated_at: '2024-01-01T00:00:00Z' } }).status).toBe('terminated');
});

test('the last-seen time is the time of a scan, not the time when the record was written', () => {
  expect(device({ updated_at: '2024-05-01T00:00:00Z' }).last_seen_time).toBeUndefined();
  expect(device({ scan: { last_scan_time: '2024-05-01T00:00:00Z' } }).last_seen_time).toStrictEqual(
    new Date('2024-05-01'),
  );
});

test.each([
  [null, 'record is not an object'],
  [{}, 'id is missing'],
  [{ id: 7 }, 'id is not text'],
  [{ id: ' ' }, 'id is missing'],
])('%j is rejected', (raw, reason) => {
  expect(() => mapAsset(raw)).toThrow(new RecordRejected(reason));
});
