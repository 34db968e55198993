import type { LoginObservation } from '../../../src/model/observations.js';
import { addKey, removeKey } from '../../../src/privacy/key-ring.js';
import { unmask } from '../../../src/privacy/mask.js';
import { putAudit } from '../../../src/store/collections/audit.js';
import type { Store } from '../../../src/store/database.js';
import { putLogins } from '../../../src/store/collections/logins.js';
import type { LoginDoc } from '../../../src/store/documents/logins.js';
import { rotateLogins } from '../../../src/operations/rekey/logins.js';
import { maskLogin } from '../../../src/normalize/mask-login.js';
import type { Origin } from '../../../src/store/collections/records.js';
import { freshRing, keysOf } from '../../privacy/rings.js';
import { dropStore, emptyStore, freshStore } from '../../support/store.js';

let store: Store;
let ring: string;

beforeAll(async () => {
  store = await freshStore();
});
beforeEach(() => {
  ring = freshRing();
});
afterEach(() => emptyStore(store));
afterAll(() => dropStore(store));

let tick = 0;
const origin = (): Origin => ({
  source: 'q',
  vendor: 'q',
  page: `run/q/${++tick}`,
  run: 'run',
  observedAt: new Date(1_700_000_000_000 + tick * 1000),
});

const observed = (n: number): LoginObservation => ({
  user_id: `u${n}`,
  device_type: 'ios',
  ip: `198.51.${100 + (n >> 8)}.${n & 255}`,
  device_id: `device-${n}`,
  locale: null,
  app_version: '2.3.0',
  create_date: new Date('2024-05-06T07:08:09Z'),
});

/** Logins `from` to before `to`, masked with the current key. */
const masked = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, row) => ({
    ...maskLogin(keysOf(ring), 'q', `m${from + row}`, observed(from + row)),
    row,
  }));

function expectClear(login: LoginDoc): void {
  const { ip, device_id } = observed(Number(login._id.slice('q:m'.length)));
  const keys = keysOf(ring);
  expect(unmask(keys, 'ip', login.masked_ip)).toBe(ip);
  expect(unmask(keys, 'device_id', login.masked_device_id)).toBe(device_id);
  expect(unmask(keys, 'ip_network', login.masked_ip_network)).toBe(ip.replace(/\d+$/, '0/24'));
}

test('messages count as new again when their page is written a second time, and as unchanged on another page', async () => {
  const page = origin();
  const logins = masked(0, 3);
  expect(await putLogins(store, page, logins)).toEqual({ new: 3, changed: 0, unchanged: 0 });
  expect(await putLogins(store, page, logins)).toEqual({ new: 3, changed: 0, unchanged: 0 });
  expect(await putLogins(store, origin(), logins)).toEqual({ new: 0, changed: 0, unchanged: 3 });
  expect(await putLogins(store, { ...page, run: 'other' }, logins)).toEqual({ new: 0, changed: 0, unchanged: 3 });
  expect(await store.logins.countDocuments({ page: page.page })).toBe(3);
});

test('each message of a page is stored once, even if some of them are stored already', async () => {
  await putLogins(store, origin(), masked(0, 2));
  expect(await putLogins(store, origin(), masked(1, 5))).toEqual({ new: 3, changed: 0, unchanged: 1 });
  expect(await store.logins.countDocuments()).toBe(5);
  expect(await putLogins(store, origin(), [])).toEqual({ new: 0, changed: 0, unchanged: 0 });
});

test('a message that a page contains twice is stored once and counted as new once', async () => {
  const page = origin();
  const [login] = masked(0, 1);
  const twice = [login!, { ...login!, row: 1 }];
  for (const attempt of [1, 2])
    expect([attempt, await putLogins(store, page, twice)]).toEqual([attempt, { new: 1, changed: 0, unchanged: 1 }]);
});

test('other write errors are thrown', async () => {
  await store.db.command({ collMod: 'logins', validator: { user_id: { $ne: 'u1' } } });
  try {
    await putLogins(store, origin(), masked(0, 1));
    await expect(putLogins(store, origin(), masked(0, 3))).rejects.toMatchObject({
      writeErrors: [expect.objectContaining({ code: 11000 }), expect.objectContaining({ code: 121 })],
    });
  } finally {
    await store.db.command({ collMod: 'logins', validator: {} });
  }
});

test('messages that report the same login have the same fingerprint, and other messages have other fingerprints', () => {
  const login = (id: string, change: Partial<LoginObservation> = {}) =>
    maskLogin(keysOf(ring), 'q', id, { ...observed(1), ...change }).fingerprint;
  expect(login('a')).toBe(login('b'));
  const others = [
    { user_id: 'u2' },
    { device_type: 'android' },
    { ip: '203.0.113.9' },
    { device_id: 'x' },
    { locale: 'RU' },
    { app_version: '2.3.1' },
    { create_date: new Date(0) },
  ].map((change) => login('c', change));
  expect(new Set([login('a'), ...others]).size).toBe(8);
});

test('a version has a number for sorting, and a text that is not a version has none', () => {
  const versions = {
    '2.3.0': 2_003_000,
    '2.3': 2_003_000,
    '2': 2_000_000,
    '10.20.30': 10_020_030,
    '2000.999.999': 2_000_999_999,
    '2001.0.0': undefined,
    '1.1000.0': undefined,
    '1.2.3.4': undefined,
    '1.2.3-beta': undefined,
    '1..2': undefined,
    '': undefined,
  };
  const numberOf = (app_version: string) =>
    maskLogin(keysOf(ring), 'q', 'm', { ...observed(1), app_version }).app_version_number;
  expect(Object.fromEntries(Object.keys(versions).map((version) => [version, numberOf(version)]))).toEqual(versions);
});

test('no stored document contains a clear value', async () => {
  await putLogins(store, origin(), masked(0, 60));
  await putAudit(store, { by: 'me', action: 'unmask', why: 'test', count: 1, collection: 'logins', of: ['q:m1'] });
  await addKey(ring);
  await rotateLogins(store, keysOf(ring), { batch: 25 });
  const stored: string[] = [];
  for (const { name } of await store.db.listCollections().toArray())
    stored.push(JSON.stringify(await store.db.collection(name).find().toArray()));
  const all = stored.join();
  expect(all).toContain('"user_id":"u59"');
  expect(all).not.toMatch(/198\.51|device-\d/);
});

test('a rotation masks all logins with the new key and keeps their values', async () => {
  const before = masked(0, 25);
  await putLogins(store, origin(), before);
  await addKey(ring);
  const progress: number[] = [];
  expect(await rotateLogins(store, keysOf(ring), { batch: 10, onBatch: (done) => progress.push(done) })).toBe(25);
  expect(progress).toEqual([10, 20, 25]);
  const logins = await store.logins.find().toArray();
  for (const login of logins) expectClear(login);
  expect(new Set(logins.map(({ key }) => key))).toEqual(new Set(['k2']));
  // The result equals a first masking with the new key, so the same login that arrives again has the same fingerprint.
  for (const { row: _, ...login } of masked(0, 25)) expect(logins).toContainEqual(expect.objectContaining(login));
  expect(await rotateLogins(store, keysOf(ring))).toBe(0);
  await removeKey(ring, 'k1');
  for (const login of logins) expectClear(login);
});

test('an interrupted rotation continues, also two at once, while workers write with either key', async () => {
  await putLogins(store, origin(), masked(0, 60));
  const late = masked(200, 230);
  await addKey(ring);
  const keys = keysOf(ring);
  const cut = rotateLogins(store, keys, {
    batch: 10,
    onBatch: (done) => {
      if (done >= 20) throw new Error('cut');
    },
  });
  await expect(cut).rejects.toThrow('cut');
  expect(await store.logins.countDocuments({ key: 'k1' })).toBe(40);
  const writing = async () => {
    for (let n = 0; n < 30; n += 5) {
      await putLogins(store, origin(), late.slice(n, n + 5));
      await putLogins(store, origin(), masked(300 + n, 305 + n));
    }
  };
  const rotate = () => rotateLogins(store, keys, { batch: 10 });
  const [, first, second] = await Promise.all([writing(), rotate(), rotate()]);
  const rest = await rotate();
  expect(first + second + rest).toBe(40 + 30);
  const logins = await store.logins.find().toArray();
  expect(logins).toHaveLength(120);
  for (const login of logins) {
    expect(login.key).toBe('k2');
    expectClear(login);
  }
});

test('a rotation leaves logins whose masks do not open unchanged, names them, and re-masks the others', async () => {
  await putLogins(store, origin(), masked(0, 30));
  const other = await store.logins.findOne({ _id: 'q:m1' });
  await store.logins.updateOne({ _id: 'q:m7' }, { $set: { masked_device_id: other!.masked_ip } });
  await addKey(ring);
  await expect(rotateLogins(store, keysOf(ring), { batch: 10 })).rejects.toThrow(/were not changed: q:m7$/);
  expect(await store.logins.distinct('_id', { key: 'k1' })).toEqual(['q:m7']);
});

test('a rotation without the key of some logins fails and changes none of them', async () => {
  await putLogins(store, origin(), masked(0, 3));
  await addKey(ring);
  await removeKey(ring, 'k1');
  await expect(rotateLogins(store, keysOf(ring))).rejects.toMatchObject({ kind: 'settings-invalid' });
  expect(await store.logins.countDocuments({ key: 'k1' })).toBe(3);
});

test('no query for logins scans their collection', async () => {
  await putLogins(store, origin(), masked(0, 50));
  const plans = await Promise.all([
    store.logins.find({ fingerprint: 'f' }).explain(),
    store.logins.find({ masked_device_id: 'd' }).explain(),
    store.logins.find({ user_id: 'u1' }).sort({ create_date: -1 }).explain(),
    store.logins.find({ key: 'k1', _id: { $nin: [] } }).explain(),
    store.logins.find({ key: { $ne: 'k2' } }).explain(),
  ]);
  for (const plan of plans) expect(JSON.stringify(plan['queryPlanner'].winningPlan)).not.toContain('COLLSCAN');
});
