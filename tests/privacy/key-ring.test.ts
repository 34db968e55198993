import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { addKey, createKeyRing, fingerprintOf, openKeyRing, removeKey } from '../../src/privacy/key-ring.js';
import { mask, unmask } from '../../src/privacy/mask.js';
import { freshPath, freshRing, keysOf } from './rings.js';

const read = (path: string) =>
  JSON.parse(readFileSync(path, 'utf8')) as { current: string; keys: { [id: string]: string } };
const put = (content: unknown): string => {
  const path = freshPath();
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
};
const KEY = Buffer.alloc(64, 7).toString('base64');
const onPosix = process.platform === 'win32' ? test.skip : test;

function failureOf(work: () => unknown): { message: string; details: { remedy?: string } } {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ name: 'Failure', kind: 'settings-invalid' });
    return error as { message: string; details: { remedy?: string } };
  }
  throw new Error('It did not throw');
}

afterEach(() => jest.restoreAllMocks());

test('a new ring has one key of 64 bytes, and never replaces an existing ring', () => {
  const path = freshRing();
  const { current, keys } = read(path);
  expect(current).toBe('k1');
  expect(Buffer.from(keys['k1']!, 'base64')).toHaveLength(64);
  expect(failureOf(() => createKeyRing(path)).message).toContain('exists');
  expect(read(path).keys).toEqual(keys);
});

onPosix(
  'only its owner can read a ring, also after a change, and a ring with other permissions is rejected',
  async () => {
    const path = freshRing();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await addKey(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    for (const mode of [0o640, 0o604, 0o660, 0o644]) {
      chmodSync(path, mode);
      expect(failureOf(() => keysOf(path)).details.remedy).toBe(`chmod 600 ${path}`);
    }
    chmodSync(path, 0o400);
    expect(keysOf(path).current).toBe('k2');
  },
);

test.each([
  ['no JSON', `{"current": "k1", "keys": {"k1": "${KEY}"`],
  ['a list', []],
  ['a further field', { current: 'k1', keys: { k1: KEY }, more: KEY }],
  ['a current key that is not there', { current: 'k2', keys: { k1: KEY } }],
  ['an inherited current key', { current: 'toString', keys: { k1: KEY } }],
  ['no key', { current: 'k1', keys: {} }],
  ['a short key', { current: 'k1', keys: { k1: Buffer.alloc(32).toString('base64') } }],
  ['a key that is not base64', { current: 'k1', keys: { k1: `${KEY.slice(0, -3)}!==` } }],
  ['a key that is text of two lines', { current: 'k1', keys: { k1: `${KEY}\n` } }],
  ['a key in the place of an id', { current: 'k1', keys: { k1: KEY, [KEY]: KEY } }],
])('a file with %s is rejected, and the error does not show its content', (_, content) => {
  const failure = failureOf(() => keysOf(put(content)));
  expect(failure.message).toMatch(/is not a key ring$/);
  expect(JSON.stringify(failure)).not.toContain(KEY.slice(0, 12));
});

test('without a path the error has a remedy, and for a missing file the error has the cause', () => {
  expect(failureOf(() => openKeyRing(undefined).keys()).details.remedy).toMatch(/ROLLCALL_KEY_RING.*mask new FILE/);
  expect(failureOf(() => keysOf(freshPath())).message).toContain('cannot be read (ENOENT)');
});

test('subkeys differ by key and by purpose, and are the same each time', async () => {
  const path = freshRing();
  await addKey(path);
  const keys = keysOf(path);
  const made = [
    keys.subkey('k1', 'a', 64),
    keys.subkey('k1', 'b', 64),
    keys.subkey('k2', 'a', 64),
    keys.subkey('k2', 'b', 64),
  ].map((bytes) => Buffer.from(bytes).toString('hex'));
  expect(new Set(made).size).toBe(4);
  expect(Buffer.from(keysOf(path).subkey('k1', 'a', 64)).toString('hex')).toBe(made[0]);
  expect(fingerprintOf(keys, 'k1')).toMatch(/^[0-9a-f]{8}$/);
  expect(fingerprintOf(keys, 'k1')).not.toBe(fingerprintOf(keys, 'k2'));
  const unknown = failureOf(() => keys.subkey('k9', 'a', 64));
  expect(unknown.message).toContain('k9');
  expect(unknown.details.remedy).toContain('k1, k2');
});

test('keys can be added and removed, but not the current one, and an id is never used twice', async () => {
  const path = freshRing();
  const first = read(path).keys['k1'];
  expect(await addKey(path)).toBe('k2');
  expect(read(path)).toMatchObject({ current: 'k2', keys: { k1: first } });
  await expect(removeKey(path, 'k2')).rejects.toThrow('current key');
  await expect(removeKey(path, 'k7')).rejects.toThrow('no key k7');
  await removeKey(path, 'k1');
  expect(keysOf(path).ids).toEqual(['k2']);
  expect(await addKey(path)).toBe('k3');
  expect(existsSync(`${path}.next`)).toBe(false);
});

test('a change is rejected while another one is in progress, and a failed change leaves no file', async () => {
  const path = freshRing();
  const before = read(path);
  writeFileSync(`${path}.next`, '');
  await expect(addKey(path)).rejects.toMatchObject({ details: { remedy: expect.stringContaining(`${path}.next`) } });
  rmSync(`${path}.next`);
  await expect(removeKey(path, 'k1')).rejects.toThrow('current key');
  expect(existsSync(`${path}.next`)).toBe(false);
  expect(read(path)).toEqual(before);
});

test('a running process uses an added key within a second', async () => {
  const path = freshRing();
  const clock = jest.spyOn(performance, 'now').mockReturnValue(10_000);
  const ring = openKeyRing(path);
  const before = ring.keys();
  const token = mask(before, 'ip', '192.0.2.1');
  await addKey(path);
  expect(ring.keys()).toBe(before);
  clock.mockReturnValue(11_001);
  const after = ring.keys();
  expect(after.current).toBe('k2');
  expect(mask(after, 'ip', '192.0.2.1')).toMatch(/^m1\.k2\./);
  expect(unmask(after, 'ip', token)).toBe('192.0.2.1');
  // An operation in progress continues with the ring with which it began.
  expect(mask(before, 'ip', '192.0.2.1')).toBe(token);
  clock.mockReturnValue(13_000);
  expect(ring.keys()).toBe(after);
});

test('a running process fails when its ring file is removed', () => {
  const path = freshRing();
  const clock = jest.spyOn(performance, 'now').mockReturnValue(10_000);
  const ring = openKeyRing(path);
  ring.keys();
  rmSync(path);
  clock.mockReturnValue(11_001);
  expect(failureOf(() => ring.keys()).message).toContain('ENOENT');
  expect(failureOf(() => ring.keys()).message).toContain('ENOENT');
});
