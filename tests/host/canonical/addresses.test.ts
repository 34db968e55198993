import { ip, ips, ipScope } from '../../../src/host/canonical/ip.js';
import { isLocalMac, isMulticastMac, mac } from '../../../src/host/canonical/mac.js';

test.each(['12:5e:2e:db:58:99', '12-5E-2E-DB-58-99', '125e.2edb.5899', '125E2EDB5899', ' 12:5e:2e:db:58:99 '])(
  '%j is the same MAC in another notation',
  (value) => {
    expect(mac(value)).toBe('12:5e:2e:db:58:99');
  },
);

test('octets without leading zeros are padded', () => {
  expect(mac('0:c:29:1:2:3')).toBe('00:0c:29:01:02:03');
});

test.each([
  '00:00:00:00:00:00',
  'FF-FF-FF-FF-FF-FF',
  '',
  'N/A',
  '12:5e:2e:db:58',
  '12:5e:2e:db:58:99:aa:bb',
  'zz:5e:2e:db:58:99',
  42,
  null,
  {},
])('%j is not a MAC', (value) => {
  expect(mac(value)).toBeUndefined();
});

test('the first octet identifies multicast and locally administered addresses', () => {
  expect([isLocalMac('02:42:ac:11:00:02'), isLocalMac('00:50:56:01:02:03')]).toEqual([true, false]);
  expect([isMulticastMac('01:00:5e:00:00:fb'), isMulticastMac('0a:1d:96:2e:f5:17')]).toEqual([true, false]);
});

test.each([
  ['172.31.19.223', '172.31.19.223'],
  [' 10.0.0.5 ', '10.0.0.5'],
  ['10.0.0.5/24', '10.0.0.5'],
  ['fe80:0:0:0:89a:eff:feba:3fd9', 'fe80::89a:eff:feba:3fd9'],
  ['FE80::89A:EFF:FEBA:3FD9%eth0', 'fe80::89a:eff:feba:3fd9'],
  ['[2001:DB8::1]', '2001:db8::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
])('%j is %s', (value, expected) => {
  expect(ip(value)).toBe(expected);
});

test.each([
  '010.0.0.1',
  '127.1',
  '0x7f.0.0.1',
  '1.2.3.4.5',
  '256.1.1.1',
  '0.0.0.0',
  '::',
  'fe80:::1',
  'host',
  '',
  'N/A',
  3232235777,
  null,
  '1'.repeat(1_000_000),
])('%j is not an address', (value) => {
  expect(ip(value)).toBeUndefined();
});

test('a field with several addresses returns all of them', () => {
  expect(ips('10.0.0.5, fe80::1;junk 192.0.2.7')).toEqual(['10.0.0.5', 'fe80::1', '192.0.2.7']);
  expect(ips(['10.0.0.5', 7, null])).toEqual(['10.0.0.5']);
});

test.each([
  ['18.212.216.193', 'public'],
  ['172.15.0.1', 'public'],
  ['172.31.0.1', 'private'],
  ['192.168.86.151', 'private'],
  ['100.64.0.1', 'private'],
  ['169.254.1.1', 'link'],
  ['127.0.0.1', 'local'],
  ['224.0.0.251', 'local'],
  ['2600:1f18::1', 'public'],
  ['fd00::1', 'private'],
  ['fe80::1', 'link'],
  ['::1', 'local'],
  ['ff02::1', 'local'],
])('%s is %s', (address, scope) => {
  expect(ipScope(address)).toBe(scope);
});
