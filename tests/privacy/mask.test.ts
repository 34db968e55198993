import * as fc from 'fast-check';
import { addKey } from '../../src/privacy/key-ring.js';
import { addressClass, keyOf, mask, maskNetwork, unmask, UnmaskError } from '../../src/privacy/mask.js';
import { freshRing, keysOf } from './rings.js';

const path = freshRing();
const keys = keysOf(path);
const text = fc.string({ unit: 'grapheme', maxLength: 200 });

function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(UnmaskError);
    return (error as UnmaskError).problem;
  }
  throw new Error('It did not throw');
}

test('unmask returns the masked text, whatever the text', () => {
  fc.assert(fc.property(text, (value) => expect(unmask(keys, 'ip', mask(keys, 'ip', value))).toBe(value)));
});

test('equal values have equal tokens in every process, and different values have different tokens', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(mask(keys, 'ip', a) === mask(keys, 'ip', b)).toBe(a === b);
      expect(mask(keysOf(path), 'ip', a)).toBe(mask(keys, 'ip', a));
    }),
    { numRuns: 50 },
  );
});

test('a value has another token in another field', () => {
  expect(mask(keys, 'ip', 'x')).not.toBe(mask(keys, 'device_id', 'x'));
});

test('a token fits the column of an export: 256 characters for 128 bytes', () => {
  expect(mask(keys, 'device_id', 'x'.repeat(128)).length).toBeLessThan(256);
});

test('a token contains the id of its key, and a text that is not a token has no key id', () => {
  expect(keyOf(mask(keys, 'ip', 'x'))).toBe('k1');
  for (const other of ['', 'm1.k1.', 'm2.k1.AAAAAAAAAAAAAAAAAAAAAA', '192.0.2.1']) expect(keyOf(other)).toBeUndefined();
});

test('text with half a character is rejected, and the error does not show the text', () => {
  expect(() => mask(keys, 'device_id', 'secret\ud800')).toThrow(/^A device_id with half a character cannot be masked$/);
});

test('a token of another key with the same id, or of another field, cannot be unmasked', () => {
  const token = mask(keys, 'ip', '192.0.2.1');
  expect(problemOf(() => unmask(keysOf(freshRing()), 'ip', token))).toBe('not-authentic');
  expect(problemOf(() => unmask(keys, 'device_id', token))).toBe('not-authentic');
  expect(problemOf(() => unmask(keys, 'ip', token.replace('.k1.', '.k2.')))).toBe('unknown-key');
});

test('a token from before a key was added can be unmasked', async () => {
  const path = freshRing();
  const token = mask(keysOf(path), 'ip', '192.0.2.1');
  await addKey(path);
  expect(unmask(keysOf(path), 'ip', token)).toBe('192.0.2.1');
  expect(problemOf(() => unmask(keysOf(path), 'ip', token.replace('.k1.', '.k2.')))).toBe('not-authentic');
});

test('a changed token cannot be unmasked, and the error shows neither token nor value', () => {
  const token = mask(keys, 'ip', '192.0.2.1');
  const start = token.lastIndexOf('.') + 1;
  fc.assert(
    fc.property(
      fc.integer({ min: start, max: token.length - 1 }),
      fc.constantFrom('A', 'Q', 'g', 'w', '_', '-', '0', '9'),
      (at, letter) => {
        fc.pre(token[at] !== letter);
        const changed = token.slice(0, at) + letter + token.slice(at + 1);
        // The last letter has unused bits: tokens that differ only there are malformed.
        expect(['not-authentic', 'malformed']).toContain(problemOf(() => unmask(keys, 'ip', changed)));
        expect(() => unmask(keys, 'ip', changed)).not.toThrow(/192|[A-Za-z0-9_-]{22}/);
      },
    ),
  );
  for (const cut of [token.slice(0, -1), token.slice(0, start), `${token}=`, `${token}\n`, ` ${token}`, '', 'm1.k1'])
    expect(['not-authentic', 'malformed']).toContain(problemOf(() => unmask(keys, 'ip', cut)));
});

test.each([
  ['203.0.113.7', '203.0.113.0/24'],
  ['203.0.113.255', '203.0.113.0/24'],
  ['::ffff:203.0.113.7', '203.0.113.0/24'],
  ['2001:db8:1:2::1', '2001:db8:1::/48'],
  ['2001:db8:1:ffff:ffff:ffff:ffff:ffff', '2001:db8:1::/48'],
  ['2001:0:0:1::', '2001::/48'],
  ['fe80::1', 'fe80::/48'],
])('the network of %s is %s', (ip, network) => {
  expect(unmask(keys, 'ip_network', maskNetwork(keys, ip))).toBe(network);
});

test('addresses of one network have the same network token, and addresses of two networks do not', () => {
  expect(maskNetwork(keys, '198.51.100.1')).toBe(maskNetwork(keys, '198.51.100.200'));
  expect(maskNetwork(keys, '198.51.100.1')).not.toBe(maskNetwork(keys, '198.51.101.1'));
  expect(maskNetwork(keys, '2001:db8:1::1')).not.toBe(maskNetwork(keys, '2001:db8:2::1'));
});

test.each([
  ['10.1.2.3', 'private'],
  ['172.31.0.1', 'private'],
  ['192.168.0.1', 'private'],
  ['fd00::1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.1.1', 'link-local'],
  ['fe80::1', 'link-local'],
  ['100.64.0.1', 'shared'],
  ['192.0.2.1', 'reserved'],
  ['224.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['2001:db8::1', 'reserved'],
  ['8.8.8.8', 'public'],
  ['2606:4700::1111', 'public'],
  ['64:ff9b::808:808', 'public'],
])('%s is %s', (ip, kind) => {
  expect(addressClass(ip)).toBe(kind);
});

test('a text that is not an address is rejected, and the error does not show it', () => {
  for (const work of [() => addressClass('secret'), () => maskNetwork(keys, 'secret')])
    expect(work).toThrow(/^Not an IP address$/);
});
