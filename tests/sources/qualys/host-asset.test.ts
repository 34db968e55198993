import { mapHostAsset } from '../../../src/sources/qualys/host-asset.js';
import { RecordRejected } from '../../../src/model/source.js';
import { asExtended, asXml, azureAsset, ec2Asset, gcpAsset, windowsAsset } from './assets.js';

const device = (raw: unknown) => mapHostAsset(raw).observation.device;

test('every field of an EC2 host with an agent is mapped', () => {
  expect(mapHostAsset(ec2Asset)).toStrictEqual({
    id: '410000001',
    observation: {
      class: 'machine',
      device: {
        type_id: 6,
        type: 'Virtual',
        name: 'ip-10-20-30-40.ec2.internal',
        hostname: 'ip-10-20-30-40.ec2.internal',
        ip: '10.20.30.40',
        mac: '0a:11:22:33:44:55',
        network_interfaces: [
          { name: 'docker0', hostname: 'gateway.docker.internal', ip: '172.17.0.1', mac: '02:42:ac:11:00:01' },
          { name: 'eth0', ip: '10.20.30.40', mac: '0a:11:22:33:44:55' },
          { name: 'eth0', ip: 'fe80::811:22ff:fe33:4455', mac: '0a:11:22:33:44:55' },
        ],
        os: { name: 'Amazon Linux', version: '2', type_id: 200, type: 'Linux' },
        hw_info: {
          bios_date: '08/24/2006',
          bios_manufacturer: 'Xen',
          bios_ver: '4.2.amazon',
          cpu_count: 2,
          cpu_type: 'Intel(R) Xeon(R)',
          ram_size: 966,
        },
        vendor_name: 'Xen',
        model: 'HVM domU',
        agent_list: [
          {
            type_id: 5,
            type: 'Vulnerability Management',
            name: 'Qualys Cloud Agent',
            vendor_name: 'Qualys',
            uid: '1ecc8a88-0000-4058-b731-94a04a48db11',
            version: '6.0.0.41',
          },
        ],
        instance_uid: 'i-0123456789abcdef0',
        image: { uid: 'ami-0123456789abcdef0' },
        region: 'us-east-1',
        zone: 'us-east-1c',
        vpc_uid: 'vpc-0123456789abcdef0',
        subnet_uid: 'subnet-0123456789abcdef0',
        owner: { name: 'ec2-user' },
        is_managed: true,
        first_seen_time: new Date('2022-08-18T22:10:00Z'),
        last_seen_time: new Date('2023-07-26T04:27:30Z'),
        modified_time: new Date('2023-07-26T04:27:35Z'),
        boot_time: new Date('2023-02-21T03:21:34Z'),
      },
      cloud: { provider: 'aws', account: { uid: '012345678901' } },
      external_ips: ['198.51.100.7', '198.51.100.9'],
      tags: ['Cloud Agent', 'Name=web-1', 'Production', 'empty='],
      software_count: 3,
      vulnerability_count: 1,
      status: 'RUNNING',
    },
  });
});

test('the same record in extended JSON, from XML and inside its wrapper gives the same observation', () => {
  const native = mapHostAsset(ec2Asset);
  expect(mapHostAsset(asExtended(ec2Asset))).toStrictEqual(native);
  expect(mapHostAsset(asXml(ec2Asset))).toStrictEqual(native);
  expect(mapHostAsset({ HostAsset: ec2Asset })).toStrictEqual(native);
  for (const asset of [windowsAsset, azureAsset, gcpAsset])
    expect(mapHostAsset(asXml(asset))).toStrictEqual(mapHostAsset(asset));
});

test('a scanned Windows server has its full name and parsed system, no placeholders and no agent', () => {
  expect(mapHostAsset(windowsAsset).observation).toStrictEqual({
    class: 'machine',
    device: {
      type_id: 1,
      type: 'Server',
      name: 'FS-01',
      hostname: 'fs-01.corp.example.com',
      domain: 'corp.example.com',
      ip: '192.168.7.9',
      mac: '00:50:56:8a:11:22',
      network_interfaces: [{ name: 'Ethernet', ip: '192.168.7.9', mac: '00:50:56:8a:11:22' }],
      os: {
        name: 'Windows Server 2019',
        edition: 'Datacenter',
        version: '10.0.17763',
        build: '17763.3232',
        type_id: 100,
        type: 'Windows',
      },
      hw_info: { bios_date: '12/07/2018', bios_manufacturer: 'American Megatrends Inc.', bios_ver: '090008' },
      first_seen_time: new Date('2022-01-01T00:00:00Z'),
      last_seen_time: new Date('2023-01-04T00:00:00Z'),
      modified_time: new Date('2023-01-05T00:00:00Z'),
    },
    external_ips: [],
    tags: [],
    software_count: 0,
  });
});

test('an asset that only a cloud connector reports: Azure', () => {
  expect(mapHostAsset(azureAsset)).toStrictEqual({
    id: '410000003',
    observation: {
      class: 'machine',
      device: {
        type_id: 6,
        type: 'Virtual',
        name: 'vm-eu-7',
        hostname: 'vm-eu-7',
        ip: '10.1.0.4',
        mac: '00:0d:3a:11:22:33',
        network_interfaces: [{ mac: '00:0d:3a:11:22:33', ip: '10.1.0.4' }],
        instance_uid: '9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50',
        image: { uid: 'canonical:ubuntu-22_04' },
        region: 'westeurope',
        vpc_uid: 'vnet-1',
        subnet_uid: 'default',
        first_seen_time: new Date('2022-12-31T00:00:00Z'),
        last_seen_time: new Date('2023-02-01T00:00:00Z'),
      },
      cloud: { provider: 'azure', account: { uid: 'aaaaaaaa-1111-2222-3333-bbbbbbbbbbbb' } },
      external_ips: ['203.0.113.4'],
      tags: ['env=prod'],
      status: 'RUNNING',
    },
  });
});

test('an asset that only a cloud connector reports: Google', () => {
  expect(mapHostAsset(gcpAsset).observation).toStrictEqual({
    class: 'machine',
    device: {
      type_id: 6,
      type: 'Virtual',
      name: 'gke-node-1',
      hostname: 'gke-node-1.c.acme-prod.internal',
      ip: '10.132.0.2',
      mac: '42:01:0a:84:00:02',
      network_interfaces: [{ mac: '42:01:0a:84:00:02', ip: '10.132.0.2' }],
      instance_uid: '8415755636796452136',
      image: { uid: '77' },
      region: 'europe-west1',
      zone: 'europe-west1-b',
      vpc_uid: 'default',
    },
    cloud: { provider: 'gcp', project_uid: 'acme-prod' },
    external_ips: [],
    tags: ['team=data'],
    status: 'RUNNING',
  });
});

test('the provider is mapped even when the instance is unknown', () => {
  expect(mapHostAsset({ id: 1, cloudProvider: 'AWS' }).observation.cloud).toEqual({ provider: 'aws' });
});

test('the last-seen time is a check-in or a scan, never the time when Qualys wrote the record', () => {
  const base = {
    id: 1,
    modified: '2023-09-01T00:00:00Z',
    lastVulnScan: '2023-01-02T00:00:00Z',
    lastComplianceScan: '2023-01-03T00:00:00Z',
  };
  expect(device(base).last_seen_time).toEqual(new Date('2023-01-03T00:00:00Z'));
  expect(device({ ...base, agentInfo: { lastCheckedIn: 1_672_876_800_000 } }).last_seen_time).toEqual(
    new Date('2023-01-05T00:00:00Z'),
  );
  expect(device({ id: 1, modified: '2023-09-01T00:00:00Z' }).last_seen_time).toBeUndefined();
});

test('a public address is an external address, and belongs to its interface only when that has a MAC', () => {
  const list = [
    { HostAssetInterface: { macAddress: '00:50:56:8a:11:22', address: '192.0.2.7' } },
    { HostAssetInterface: { address: '192.0.2.8' } },
  ];
  const { observation } = mapHostAsset({ id: 1, address: '192.0.2.7', networkInterface: { list } });
  expect(observation.external_ips).toEqual(['192.0.2.7', '192.0.2.8']);
  expect(observation.device.network_interfaces).toEqual([{ mac: '00:50:56:8a:11:22', ip: '192.0.2.7' }]);
});

test('lists are read in every shape that the API and XML use', () => {
  const entry = { macAddress: '00:50:56:8a:11:22', address: '10.0.0.5' };
  const one = [{ mac: '00:50:56:8a:11:22', ip: '10.0.0.5' }];
  const of = (networkInterface: unknown) => device({ id: 1, networkInterface }).network_interfaces;
  expect(of({ list: [{ HostAssetInterface: entry }] })).toEqual(one);
  expect(of({ list: { HostAssetInterface: entry } })).toEqual(one);
  expect(of({ list: { HostAssetInterface: [entry, entry] } })).toEqual(one);
  for (const empty of [
    { list: [] },
    { list: '' },
    { list: {} },
    {},
    '',
    null,
    undefined,
    7,
    { list: { HostAssetInterface: '' } },
  ])
    expect(of(empty)).toBeUndefined();
});

test('counts distinguish none from unknown, without reading the entries', () => {
  const of = (software: unknown) => mapHostAsset({ id: 1, software }).observation.software_count;
  expect([of({ list: [] }), of({ list: '' }), of('')]).toEqual([0, 0, 0]);
  expect([
    of({ list: { HostAssetSoftware: {} } }),
    of({ list: { HostAssetSoftware: [1, 2] } }),
    of({ list: [null, 2] }),
  ]).toEqual([1, 2, 2]);
  expect([of(undefined), of(null), of(7), of({})]).toEqual([undefined, undefined, undefined, undefined]);
});

test('a hundred thousand software rows and ten thousand interfaces are counted', () => {
  const software = { list: Array.from({ length: 100_000 }, () => ({ HostAssetSoftware: { name: 'x' } })) };
  const networkInterface = {
    list: Array.from({ length: 10_000 }, (_, at) => ({
      HostAssetInterface: { address: `10.0.${at >> 8}.${at & 255}` },
    })),
  };
  const { observation } = mapHostAsset({ id: 1, software, networkInterface });
  expect(observation.software_count).toBe(100_000);
  expect(observation.device.network_interfaces).toHaveLength(512);
});

test('ids keep their exact text', () => {
  expect(mapHostAsset({ id: { $numberLong: '9007199254740993' } }).id).toBe('9007199254740993');
  expect(mapHostAsset({ id: '0012' }).id).toBe('0012');
});

test.each([
  [null, 'record is not an object'],
  ['<xml/>', 'record is not an object'],
  [[ec2Asset], 'record is not an object'],
  [{}, 'id is missing'],
  [{ id: null }, 'id is missing'],
  [{ id: '' }, 'id is missing'],
  [{ id: { $gt: '' } }, 'id is neither a number nor text'],
  [{ id: true }, 'id is neither a number nor text'],
  [{ id: 2 ** 60 }, 'id is neither a number nor text'],
])('%j is rejected: %s', (raw, reason) => {
  expect(() => mapHostAsset(raw)).toThrow(new RecordRejected(reason));
});
