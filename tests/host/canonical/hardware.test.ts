import * as fc from 'fast-check';
import { productName, serialNumber, uuid, uuidFromSerial, uuidKey } from '../../../src/host/canonical/hardware.js';
import { deviceType } from '../../../src/host/canonical/device-type.js';
import { parseOs } from '../../../src/host/canonical/os.js';

test.each([
  'To Be Filled By O.E.M.',
  'Default string',
  'System Serial Number',
  'Not Specified',
  'None',
  'N/A',
  '0',
  '0000000000',
  'xxxxxxxxxxx',
  '123456789',
  '1234567890',
  '0123456789',
  '1.0',
  '2.3.1',
  'Chassis Serial Number',
  'SYS-1234567890',
  '...........',
])('%j is a placeholder, not a serial', (serial) => {
  expect(serialNumber(serial)).toBeUndefined();
});

test.each(['C02F60U4Q05N', '5CG1234ABC', '0012345', '0000-0004-3449-1529-1657-8152-51', 'MJ0123XY', '7XKQZ13'])(
  '%j is a serial and stays unchanged',
  (serial) => {
    expect(serialNumber(serial)).toBe(serial);
  },
);

test('a UUID is lower-case with dashes in the reported byte order', () => {
  expect(uuid('{4C4C4544-0042-3510-8052-B3C04F4B4E32}')).toBe('4c4c4544-0042-3510-8052-b3c04f4b4e32');
  expect(uuid('4C4C454400423510805 2'.replace(' ', '') + 'B3C04F4B4E32')).toBe('4c4c4544-0042-3510-8052-b3c04f4b4e32');
});

test.each([
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '01010101-0101-0101-0101-010101010101',
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '4C4C4544-0000-2010-8020-80C04F202020',
  'not-a-uuid',
  '',
  7,
])('%j is not a usable UUID', (value) => {
  expect(uuid(value)).toBeUndefined();
});

test('both byte orders of a UUID have the same key', () => {
  expect(uuidKey('564da6d2-1706-6343-8cbe-1f2d9a3b4c5d')).toBe(uuidKey('d2a64d56-0617-4363-8cbe-1f2d9a3b4c5d'));
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const [a, b, c, ...rest] = id.split('-') as [string, string, string, ...string[]];
      const swap = (group: string) => group.match(/../g)!.reverse().join('');
      expect(uuidKey([swap(a), swap(b), swap(c), ...rest].join('-'))).toBe(uuidKey(id));
    }),
  );
});

test('serials that contain the hardware UUID in another format are recognized', () => {
  expect(uuidFromSerial('ec26e6cb-2f47-bf3a-41e3-e75f58b6fc2f')).toBe('ec26e6cb-2f47-bf3a-41e3-e75f58b6fc2f');
  expect(uuidFromSerial('VMware-56 4d a6 d2 17 06 63 43-8c be 1f 2d 9a 3b 4c 5d')).toBe(
    '564da6d2-1706-6343-8cbe-1f2d9a3b4c5d',
  );
  expect(uuidFromSerial('GoogleCloud-9F0AB41C7D2E4F6388AA0B1C2D3E4F50')).toBe('9f0ab41c-7d2e-4f63-88aa-0b1c2d3e4f50');
  expect(uuidFromSerial('0000-0004-3449-1529-1657-8152-51')).toBeUndefined();
});

test('placeholders of board manufacturers are not a model', () => {
  expect(productName('System Product Name')).toBeUndefined();
  expect(productName('To Be Filled By O.E.M.')).toBeUndefined();
  expect(productName('Latitude 7440')).toBe('Latitude 7440');
});

test.each([
  ['Amazon Linux 2', { name: 'Amazon Linux', version: '2', type_id: 200, type: 'Linux' }],
  ['Ubuntu Linux 20.04.5', { name: 'Ubuntu Linux', version: '20.04.5', type_id: 200, type: 'Linux' }],
  [
    'SUSE Linux Enterprise Server 15 SP4',
    { name: 'SUSE Linux Enterprise Server', version: '15 SP4', type_id: 200, type: 'Linux' },
  ],
  [
    'Ubuntu / Fedora / Tiny Core Linux / Linux 3.x',
    { name: 'Ubuntu / Fedora / Tiny Core Linux / Linux 3.x', type_id: 200, type: 'Linux' },
  ],
  ['macOS 13.3.1 (22E261)', { name: 'macOS', version: '13.3.1', build: '22E261', type_id: 300, type: 'macOS' }],
  ['Ventura (13)', { name: 'macOS Ventura', version: '13', type_id: 300, type: 'macOS' }],
  [
    'Microsoft Windows Server 2019 Datacenter 10.0.17763 64-bit N/A Build 17763 UBR 3232',
    {
      name: 'Windows Server 2019',
      edition: 'Datacenter',
      version: '10.0.17763',
      build: '17763.3232',
      type_id: 100,
      type: 'Windows',
    },
  ],
  [
    'Windows 10 Enterprise 64 bit Edition Version 21H2',
    { name: 'Windows 10', edition: 'Enterprise', version: '21H2', type_id: 100, type: 'Windows' },
  ],
  ['AIX 7.2', { name: 'AIX', version: '7.2', type_id: 401, type: 'AIX' }],
  [
    'VMware ESXi 7.0.3 build-19193900',
    { name: 'VMware ESXi', version: '7.0.3', build: '19193900', type_id: 99, type: 'Other' },
  ],
  ['Cisco IOS', { name: 'Cisco IOS', type_id: 99, type: 'Other' }],
  ['iOS 17.1', { name: 'iOS', version: '17.1', type_id: 301, type: 'iOS' }],
])('%s', (line, expected) => {
  expect(parseOs(line)).toEqual(expected);
});

test('parsing an operating system twice returns separate objects', () => {
  const first = parseOs('Debian Linux 12.1');
  first.build = 'mine';
  expect(parseOs('Debian Linux 12.1')).toEqual({ name: 'Debian Linux', version: '12.1', type_id: 200, type: 'Linux' });
});

test.each([
  [{ product: 'Domain Controller', chassis: 1 }, 'Server'],
  [{ product: 'Workstation', chassis: 10 }, 'Laptop'],
  [{ product: 'Workstation', chassis: 3 }, 'Desktop'],
  [{ product: 'Workstation', model: 'MacBookPro17,1', chassis: 0 }, 'Laptop'],
  [{ os: 'Windows Server 2022', cloud: true }, 'Server'],
  [{ os: 'Amazon Linux 2', cloud: true }, 'Virtual'],
  [{ model: 'VMware Virtual Platform' }, 'Virtual'],
  [{ os: 'iOS 17.1' }, 'Mobile'],
  [{ os: 'Cisco IOS 15.2' }, 'Unknown'],
])('%j is a %s', (evidence, type) => {
  expect(deviceType(evidence).type).toBe(type);
});

test('very long text does not make the parsers slow', () => {
  // A parser with quadratic time would exceed the time limit of the test.
  for (const unit of ['1.', 'a ', ' 1', 'VMware-', '00 ', '(1', 'Windows 10 ', '-']) {
    const long = unit.repeat(1_000_000 / unit.length);
    parseOs(long);
    serialNumber(long);
    uuid(long);
    uuidFromSerial(long.slice(0, 128));
    productName(long);
  }
});
