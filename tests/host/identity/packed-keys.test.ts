import { KEY_LIMITS } from '../../../src/host/identity/key-state.js';
import { keyHash, limitOfHash, packKeys, unpackKeys } from '../../../src/host/identity/packed-keys.js';

const unpacked = (bytes: Uint8Array) => {
  const found: [number, number, number][] = [];
  return { records: unpackKeys(bytes, (...key) => void found.push(key)), found };
};

test('packed keys are the hashes of each record’s keys, in their order', () => {
  const records = [{ keys: ['serial::A1', 'mac::00:50:56:8a:00:01'] }, { keys: [] }, { keys: ['serial::A1'] }];
  const { records: count, found } = unpacked(packKeys(records)!);
  expect(count).toBe(3);
  expect(found).toEqual(
    records.flatMap(({ keys }, at) => keys.map((key) => [at, keyHash(key).high, keyHash(key).low])),
  );
});

test('a record with more than 255 keys is not packed, and cut bytes are noticed', () => {
  expect(packKeys([{ keys: Array.from({ length: 256 }, (_, at) => `serial::${at}`) }])).toBeUndefined();
  const packed = packKeys([{ keys: ['serial::A1'] }])!;
  expect(unpacked(packed.subarray(0, packed.length - 1)).records).toBeUndefined();
});

test('a hash names the limit of its key’s kind', () => {
  for (const [kind, limit] of Object.entries(KEY_LIMITS)) expect(limitOfHash(keyHash(`${kind}::x`).low)).toBe(limit);
});

test('keys that differ in one character have different hashes, also if they are numbered', () => {
  const hashes = new Set<string>();
  for (let n = 0; n < 100_000; n += 1) {
    const hex = n.toString(16).padStart(6, '0');
    for (const key of [
      `serial::SN${n}`,
      `mac::00:50:56:${hex.match(/../g)!.join(':')}`,
      `hostname:example.com:web-${n}`,
    ]) {
      const { high, low } = keyHash(key);
      hashes.add(`${high}.${low}`);
    }
  }
  expect(hashes.size).toBe(300_000);
});
