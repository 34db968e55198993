import { identityKeys } from '../../../src/host/identity/keys.js';
import { mapDevice } from '../../../src/sources/crowdstrike/device.js';
import { RecordRejected } from '../../../src/model/source.js';
import { ec2Device, macLaptop, pod, windowsLaptop } from './devices.js';
import { asExtended } from '../qualys/assets.js';

const device = (raw: object) => mapDevice({ device_id: 'x', ...raw }).observation.device;
const sensor = (uid: string, version?: string) => [
  {
    type_id: 1,
    type: 'Endpoint Detection and Response',
    name: 'Falcon Sensor',
    vendor_name: 'CrowdStrike',
    uid,
    ...(version ? { version } : {}),
  },
];

test('every field of an EC2 instance is mapped', () => {
  expect(mapDevice(ec2Device)).toStrictEqual({
    id: 'aaaa0000bbbb1111cccc2222dddd3333',
    observation: {
      class: 'machine',
      device: {
        type_id: 1,
        type: 'Server',
        name: 'ip-10-20-30-40.ec2.internal',
        hostname: 'ip-10-20-30-40.ec2.internal',
        ip: '10.20.30.40',
        mac: '0a:11:22:33:44:55',
        network_interfaces: [
          { ip: '10.20.30.40', mac: '0a:11:22:33:44:55' },
          { ip: '10.20.30.41', mac: '0a:11:22:33:44:56' },
        ],
        os: {
          name: 'Amazon Linux',
          version: '2',
          type_id: 200,
          type: 'Linux',
          kernel_release: '5.10.130-118.517.amzn2.x86_64',
        },
        hw_info: {
          bios_manufacturer: 'Xen',
          bios_ver: '4.2.amazon',
          serial_number: 'ec2115ba-0000-1777-e93e-e385e0866ed1',
          uuid: 'ec2115ba-0000-1777-e93e-e385e0866ed1',
        },
        vendor_name: 'Xen',
        model: 'HVM domU',
        agent_list: sensor('aaaa0000bbbb1111cccc2222dddd3333', '6.50.14713.0'),
        instance_uid: 'i-0123456789abcdef0',
        region: 'us-east-1',
        zone: 'us-east-1b',
        org: { ou_name: 'Servers/Web' },
        owner: { name: 'ec2-user' },
        groups: [{ uid: 'g1' }, { uid: 'g2' }],
        is_managed: true,
        first_seen_time: new Date('2022-09-22T22:35:56Z'),
        last_seen_time: new Date('2023-03-16T13:34:47Z'),
        modified_time: new Date('2023-03-16T13:34:51Z'),
        boot_time: new Date('2023-03-01T00:00:00Z'),
      },
      cloud: { provider: 'aws', account: { uid: '012345678901' } },
      external_ips: ['198.51.100.7'],
      tags: ['FalconGroupingTags/prod', 'SensorGroupingTags/web'],
      status: 'normal',
    },
  });
});

test('the same record in extended JSON gives the same observation', () => {
  expect(mapDevice({ _id: ec2Device.device_id, ...(asExtended(ec2Device) as object) })).toStrictEqual(
    mapDevice(ec2Device),
  );
});

test('a Windows laptop has its system from product name, version and build; a private external address is ignored', () => {
  expect(mapDevice(windowsLaptop).observation).toStrictEqual({
    class: 'machine',
    device: {
      type_id: 3,
      type: 'Laptop',
      name: 'LT-0042',
      hostname: 'lt-0042',
      domain: 'corp.example.com',
      ip: '192.168.1.17',
      mac: 'a0:b1:c2:d3:e4:f5',
      network_interfaces: [{ ip: '192.168.1.17', mac: 'a0:b1:c2:d3:e4:f5' }],
      os: {
        name: 'Windows 10',
        edition: 'Enterprise',
        version: '10.0.19045',
        build: '19045',
        type_id: 100,
        type: 'Windows',
      },
      hw_info: { bios_manufacturer: 'Dell Inc.', bios_ver: '1.9.0', chassis: 'Notebook', serial_number: '7XKQZ13' },
      vendor_name: 'Dell Inc.',
      model: 'Latitude 7440',
      agent_list: sensor('aaaa0000bbbb1111cccc2222dddd4444'),
      is_managed: true,
      first_seen_time: new Date('2023-01-01T00:00:00Z'),
      last_seen_time: new Date('2023-02-01T00:00:00Z'),
    },
    external_ips: [],
    tags: [],
    status: 'contained',
  });
});

test('a Mac has its release from its marketing name, and an invalid chassis type is ignored', () => {
  expect(mapDevice(macLaptop).observation.device).toMatchObject({
    type_id: 3,
    os: {
      name: 'macOS Ventura',
      version: '13',
      build: '22E252',
      kernel_release: '22.4.0',
      type_id: 300,
      type: 'macOS',
    },
    hw_info: { serial_number: 'C02X00AAQ05N' },
  });
  expect(mapDevice(macLaptop).observation.device.hw_info).not.toHaveProperty('chassis');
});

test("a pod has its own name and address, and none of its node's keys", () => {
  const { id, observation } = mapDevice(pod);
  expect(observation).toMatchObject({ class: 'pod', device: { hostname: 'api-7d9c-x2x', ip: '10.244.3.7' } });
  expect(identityKeys('crowdstrike', id, observation)).toEqual([]);
});

test.each([
  ['us-east-1b', 'us-east-1', 'us-east-1b'],
  ['us-gov-west-1a', 'us-gov-west-1', 'us-gov-west-1a'],
  ['us-west-2-lax-1a', 'us-west-2', 'us-west-2-lax-1a'],
  ['projects/123456789012/zones/us-central1-a', 'us-central1', 'us-central1-a'],
  ['eastus2', 'eastus2', undefined],
])('zone group %s is region %s, zone %s', (zone_group, region, zone) => {
  const found = device({ zone_group });
  expect([found.region, found.zone]).toEqual([region, zone]);
});

test('a Google project comes from the zone group', () => {
  const { cloud } = mapDevice({
    device_id: 'x',
    service_provider: 'GCP',
    instance_id: '8415755636796452136',
    zone_group: 'projects/123456789012/zones/us-central1-a',
  }).observation;
  expect(cloud).toEqual({ provider: 'gcp', project_uid: '123456789012' });
});

test.each([
  ['VMware-56 4d a6 d2 17 06 63 43-8c be 1f 2d 9a 3b 4c 5d', '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d'],
  ['GoogleCloud-9F0AB41C7D2E4F6388AA0B1C2D3E4F50', '9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50'],
  ['0000-0004-3449-1529-1657-8152-51', undefined],
])('serial %s contains UUID %s and stays as reported', (serial_number, uuid) => {
  expect(device({ serial_number }).hw_info).toEqual({ serial_number, ...(uuid ? { uuid } : {}) });
});

test('an instance id gives the cloud when the provider is missing', () => {
  expect(mapDevice({ device_id: 'x', instance_id: 'i-0123456789abcdef0' }).observation.cloud).toEqual({
    provider: 'aws',
  });
});

test("the device's local time is not used", () => {
  expect(device({ agent_local_time: '2016-01-01T00:00:00Z' })).not.toHaveProperty('last_seen_time');
});

test.each([
  [null, 'record is not an object'],
  [7, 'record is not an object'],
  [[], 'record is not an object'],
  [{}, 'device_id is missing'],
  [{ device_id: ' ' }, 'device_id is missing'],
  [{ device_id: 'N/A' }, 'device_id is missing'],
  [{ device_id: 42 }, 'device_id is not text'],
  [{ device_id: { $gt: '' } }, 'device_id is not text'],
])('%j is rejected: %s', (raw, reason) => {
  expect(() => mapDevice(raw)).toThrow(new RecordRejected(reason));
});
