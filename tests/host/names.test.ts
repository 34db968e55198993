import { domain, hostname, isGenericName, sameName, shortName } from '../../src/host/hostname.js';

test('host names are lower-case without trailing dot', () => {
  expect(hostname('Web-01.Corp.Example.COM.')).toBe('web-01.corp.example.com');
});

test('invisible characters and compatibility forms do not make another name', () => {
  expect(hostname('srv\u200b-\u202e01')).toBe('srv-01');
  expect(hostname('ｓｒｖ-01')).toBe('srv-01');
});

test.each(['10.1.2.3', 'fe80::1', 'unknown', '.', '', { $gt: '' }])('%j is no host name', (value) => {
  expect(hostname(value)).toBeUndefined();
});

test('a workgroup is no domain', () => {
  expect(domain('WORKGROUP')).toBeUndefined();
  expect(domain('CORP.Example.com')).toBe('corp.example.com');
});

test('short names agree when they are equal and specific, cut by NetBIOS or not', () => {
  expect(shortName('web-01.corp.example.com')).toBe('web-01');
  expect(sameName('web-01', 'web-01')).toBe(true);
  expect(sameName('accounting-prin', 'accounting-print-03')).toBe(true);
  expect(sameName('web-01', 'web-012')).toBe(false);
  expect(sameName('ip-172-31-19-22', 'ip-172-31-19-223')).toBe(false);
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
  expect(isGenericName(name)).toBe(true);
  expect(sameName(name, name)).toBe(false);
});

test.each(['web-01', 'alex-mbp-2', 'ip-172-31-19-223', 'desktop-4kq2l1p', 'ec2amaz-e8fae79'])(
  '%s is specific',
  (name) => {
    expect(isGenericName(name)).toBe(false);
  },
);
