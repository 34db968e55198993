import { aessiv } from '@noble/ciphers/aes.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));

test.each([
  {
    name: 'RFC 5297 A.1, deterministic',
    key: 'fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff',
    data: ['10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627'],
    plaintext: '11223344 55667788 99aabbcc ddee',
    sealed: '85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c',
  },
  {
    name: 'RFC 5297 A.2, with a nonce',
    key: '7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f',
    data: [
      '00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100',
      '10203040 50607080 90a0',
      '09f91102 9d74e35b d84156c5 635688c0',
    ],
    plaintext: `74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720
      5349562d 414553`,
    sealed: `7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663
      b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d`,
  },
])('$name', ({ key, data, plaintext, sealed }) => {
  const parts = data.map(hex);
  expect(aessiv(hex(key), ...parts).encrypt(hex(plaintext))).toEqual(hex(sealed));
  expect(aessiv(hex(key), ...parts).decrypt(hex(sealed))).toEqual(hex(plaintext));
});

test('with a key of 64 bytes the result equals that of OpenSSL in pyca/cryptography 48', () => {
  const cipher = aessiv(
    Uint8Array.from({ length: 64 }, (_, at) => at),
    Buffer.from('ip'),
  );
  expect(cipher.encrypt(Buffer.from('203.0.113.7'))).toEqual(
    hex('397b664affbcff865d1be2ec414a0cbde8202335e2cb7aea23fdd4'),
  );
});
