import { domain, hostname, isAddressName, sameName, shortName } from '../../../src/host/canonical/hostname.js';
import { denyListsOf } from '../../../src/host/canonical/deny-lists/index.js';

const denyLists = denyListsOf();

test('host names are lower-case without a trailing dot', () => {
  expect(hostname('Web-01.Corp.Example.COM.')).toBe('web-01.corp.example.com');
});

test('invisible characters and compatibility forms do not change a name', () => {
  expect(hostname('srv\u200b-\u202e01')).toBe('srv-01');
  expect(hostname('ｓｒｖ-01')).toBe('srv-01');
});

test.each(['10.1.2.3', 'fe80::1', 'unknown', '.', '', { $gt: '' }])('%j is not a host name', (value) => {
  expect(hostname(value)).toBeUndefined();
});

test('a workgroup is not a domain', () => {
  expect(domain('WORKGROUP')).toBeUndefined();
  expect(domain('CORP.Example.com')).toBe('corp.example.com');
});

test('two short names match if they are equal or if one is the NetBIOS truncation of the other', () => {
  expect(shortName('web-01.corp.example.com')).toBe('web-01');
  expect(sameName('web-01', 'web-01')).toBe(true);
  expect(sameName('accounting-prin', 'accounting-print-03')).toBe(true);
  expect(sameName('web-01', 'web-012')).toBe(false);
});

test.each([
  'localhost',
  'macbook-pro',
  'macbook-pro-2',
  'MacBookAir'.toLowerCase(),
  'ubuntu',
  'minint-4kq2l1p',
  'x',
  'iphone-3',
])('%s is generic', (name) => {
  expect(denyLists.name(name)).toBe(true);
});

test.each(['web-01', 'alex-mbp-2', 'ip-172-31-19-223', 'desktop-4kq2l1p', 'ec2amaz-e8fae79'])(
  '%s is specific',
  (name) => {
    expect(denyLists.name(name)).toBe(false);
  },
);

test.each(['ip-10-0-0-22', 'dhcp-192-0-2-7', '10-1-2-3'])('%s is a name made from an address', (name) => {
  expect(isAddressName(name)).toBe(true);
});

test.each(['web-01', 'srv-2024-11-05', 'host-1-2-3'])('%s is not a name made from an address', (name) => {
  expect(isAddressName(name)).toBe(false);
});

test.each(['lan', 'ec2.internal', 'eu-west-1.compute.internal', 'fritz.box', 'corp'])(
  '%s is a generic domain',
  (name) => {
    expect(denyLists.domain(name)).toBe(true);
  },
);

test.each(['corp.example.com', 'acme.local', 'us-central1-a.c.project.internal'])('%s is a specific domain', (name) => {
  expect(denyLists.domain(name)).toBe(false);
});

test("a user's own deny lists extend the built-in lists", () => {
  const extended = denyListsOf({
    hostnames: ['Golden-Image'],
    domains: ['Guest.Example.com'],
    macs: ['AA:BB:CC'],
    serials: ['ab 12'],
    uuids: ['D2A64D56-0617-4363-8CBE-1F2D9A3B4C5D'],
  });
  expect(extended.name('golden-image') && extended.name('localhost')).toBe(true);
  expect(extended.domain('guest.example.com')).toBe(true);
  expect(extended.mac('aa:bb:cc:00:11:22')).toBe(true);
  expect(extended.serial('AB12')).toBe(true);
  expect(extended.uuid('564da6d2-1706-6343-8cbe-1f2d9a3b4c5d')).toBe(true);
  expect(denyLists.name('golden-image') || denyLists.mac('aa:bb:cc:00:11:22') || denyLists.serial('AB12')).toBe(false);
});
