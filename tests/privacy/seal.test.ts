import { addKey } from '../../src/privacy/key-ring.js';
import { seal, unseal } from '../../src/privacy/seal.js';
import { freshRing, keysOf } from './rings.js';

const page = Buffer.from('{"ip": "192.0.2.1"}');

test('sealed bytes open with their digest, also after a key was added and if they are empty', async () => {
  const path = freshRing();
  const sealed = seal(keysOf(path), page, 'digest');
  expect(sealed.key).toBe('k1');
  expect(sealed.bytes.includes('192.0.2.1')).toBe(false);
  await addKey(path);
  expect(unseal(keysOf(path), sealed, 'digest')).toEqual(page);
  // The form in which MongoDB returns them.
  expect(unseal(keysOf(path), { ...sealed, bytes: new Uint8Array(sealed.bytes) }, 'digest')).toEqual(page);
  const empty = seal(keysOf(path), Buffer.alloc(0), '');
  expect(empty.key).toBe('k2');
  expect(unseal(keysOf(path), empty, '')).toEqual(Buffer.alloc(0));
});

test('the same bytes are sealed differently each time', () => {
  const keys = keysOf(freshRing());
  expect(seal(keys, page, 'a').bytes.equals(seal(keys, page, 'a').bytes)).toBe(false);
});

test('bytes that are changed, have another digest or another key do not open', async () => {
  const path = freshRing();
  const sealed = seal(keysOf(path), page, 'a');
  const keys = keysOf(path);
  for (let at = 0; at < sealed.bytes.length; at += 1) {
    const bytes = Buffer.from(sealed.bytes);
    bytes[at]! ^= 1;
    expect(() => unseal(keys, { key: 'k1', bytes }, 'a')).toThrow('do not open');
  }
  for (const length of [0, 12, 27, sealed.bytes.length - 1])
    expect(() => unseal(keys, { key: 'k1', bytes: sealed.bytes.subarray(0, length) }, 'a')).toThrow('do not open');
  expect(() => unseal(keys, sealed, 'b')).toThrow('do not open');
  expect(() => unseal(keysOf(freshRing()), sealed, 'a')).toThrow('do not open');
  expect(() => unseal(keys, { ...sealed, key: 'k2' }, 'a')).toThrow('holds no key k2');
  await addKey(path);
  expect(() => unseal(keysOf(path), { ...sealed, key: 'k2' }, 'a')).toThrow('do not open');
});
