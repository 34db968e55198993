import { createHash, randomBytes } from 'node:crypto';
import { Binary } from 'mongodb';
import { addKey, openKeyRing, removeKey } from '../../../src/privacy/key-ring.js';
import { getBody, partsOf, putBody } from '../../../src/store/collections/bodies.js';
import type { Store } from '../../../src/store/database.js';
import { resealBodies, sealedWithOlder, sealKeys } from '../../../src/operations/rekey/bodies.js';
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
afterEach(async () => {
  jest.restoreAllMocks();
  await emptyStore(store);
});
afterAll(() => dropStore(store));

const digestOf = (body: Buffer) => createHash('sha256').update(body).digest('hex');

/** Stores a body that does not compress. Above 900 kB it has several parts. */
async function put(bytes: number, sealed = true): Promise<{ digest: string; body: Buffer }> {
  const body = randomBytes(bytes);
  const digest = digestOf(body);
  await putBody(store, digest, body, sealed ? keysOf(ring) : undefined);
  return { digest, body };
}

const read = (digest: string, length: number) => getBody(store, digest, length, () => keysOf(ring));

async function expectWhole({ digest, body }: { digest: string; body: Buffer }): Promise<void> {
  expect((await read(digest, body.length))?.equals(body)).toBe(true);
}

test('resealed pages of one part and of several open with the new key alone, and unsealed pages are unchanged', async () => {
  const pages = [await put(200), await put(5_000), await put(1_900_000)];
  const clear = [await put(300, false), await put(1_000_000, false)];
  const untouched = await store.bodies.find({ _id: new RegExp(clear.map(({ digest }) => digest).join('|')) }).toArray();
  const lengths = (await partsOf(store, pages[2]!.digest)).map(({ bytes }) => bytes.length());
  expect(lengths).toHaveLength(3);
  await addKey(ring);
  const fresh = await put(400);
  const [ofFresh] = await partsOf(store, fresh.digest);
  const progress: number[] = [];
  expect(await resealBodies(store, keysOf(ring), { onBatch: (done) => progress.push(done) })).toBe(3);
  expect(progress).toEqual([1, 2, 3]);
  expect(await sealKeys(store)).toEqual(['k2']);
  await removeKey(ring, 'k1');
  for (const page of [...pages, ...clear, fresh]) await expectWhole(page);
  expect((await partsOf(store, pages[2]!.digest)).map(({ bytes }) => bytes.length())).toEqual(lengths);
  expect((await partsOf(store, fresh.digest))[0]).toEqual(ofFresh);
  for (const doc of untouched) expect(await store.bodies.findOne({ _id: doc._id })).toEqual(doc);
  expect(await resealBodies(store, keysOf(ring))).toBe(0);
});

test('a page that is read in a loop while it is resealed is complete at each reading', async () => {
  const pages = [await put(5_000), await put(1_000_000)];
  const end = new AbortController();
  let readings = 0;
  const reading = async ({ digest, body }: { digest: string; body: Buffer }) => {
    while (!end.signal.aborted) {
      await expectWhole({ digest, body });
      readings += 1;
    }
  };
  const reader = Promise.all([...pages, pages[1]!].map(reading));
  for (let round = 0; round < 3; round += 1) {
    await addKey(ring);
    expect(await resealBodies(store, keysOf(ring))).toBe(2);
  }
  end.abort();
  await reader;
  expect(readings).toBeGreaterThan(4);
});

test('a reading that gets parts from before and after the resealing is repeated', async () => {
  const page = await put(1_900_000);
  const before = await partsOf(store, page.digest);
  await addKey(ring);
  await resealBodies(store, keysOf(ring));
  const after = await partsOf(store, page.digest);
  for (const mixed of [
    [...before.slice(0, 1), ...after.slice(1)],
    [...after.slice(0, 2), ...before.slice(2)],
  ]) {
    const find = jest.spyOn(store.bodies, 'find');
    find.mockReturnValueOnce({ sort: () => ({ toArray: () => Promise.resolve(mixed) }) } as never);
    await expectWhole(page);
    expect(find).toHaveBeenCalledTimes(2);
    find.mockRestore();
  }
});

test('an interrupted resealing continues, also two at once, while workers write with either key', async () => {
  const pages = [];
  for (let n = 0; n < 8; n += 1) pages.push(await put(n % 4 === 0 ? 950_000 : 2_000));
  const old = keysOf(ring);
  await addKey(ring);
  const keys = keysOf(ring);
  const cut = resealBodies(store, keys, {
    onBatch: (done) => {
      if (done >= 3) throw new Error('cut');
    },
  });
  await expect(cut).rejects.toThrow('cut');
  expect(await store.bodies.countDocuments(sealedWithOlder(keys))).toBe(5);
  const late: typeof pages = [];
  const writing = async () => {
    for (const ringOf of [old, keys, old, keys]) {
      const body = randomBytes(950_000);
      await putBody(store, digestOf(body), body, ringOf);
      late.push({ digest: digestOf(body), body });
    }
  };
  const [, first, second] = await Promise.all([writing(), resealBodies(store, keys), resealBodies(store, keys)]);
  const rest = await resealBodies(store, keys);
  expect(first + second + rest).toBe(5 + 2);
  await removeKey(ring, 'k1');
  for (const page of [...pages, ...late]) await expectWhole(page);
});

test('a page that two attempts store at once with two keys is the complete page of one of them', async () => {
  const [old, path] = [keysOf(ring), ring];
  await addKey(path);
  for (let round = 0; round < 2; round += 1) {
    const body = randomBytes(950_000);
    const page = { digest: digestOf(body), body };
    await Promise.all([old, keysOf(path), old].map((keys) => putBody(store, page.digest, body, keys)));
    await expectWhole(page);
  }
});

test('a late attempt does not write into a page that was resealed meanwhile', async () => {
  const page = await put(950_000);
  const late = keysOf(ring);
  await addKey(ring);
  await resealBodies(store, keysOf(ring));
  // The late attempt checked for the page before it existed.
  jest.spyOn(store.bodies, 'findOne').mockResolvedValueOnce(null);
  await putBody(store, page.digest, page.body, late);
  expect(await sealKeys(store)).toEqual(['k2']);
  await expectWhole(page);
});

test('pages that do not open or lack a part stay unchanged and are named in the error, and the others are resealed', async () => {
  const [spoilt, short, good] = [await put(1_000), await put(950_000), await put(1_000)];
  await store.bodies.updateOne({ _id: `${spoilt.digest}:0000` }, { $set: { bytes: new Binary(randomBytes(100)) } });
  await store.bodies.deleteOne({ _id: `${short.digest}:0001` });
  await addKey(ring);
  const message = await resealBodies(store, keysOf(ring)).catch((error: Error) => error.message);
  expect(message).toContain('were not changed');
  for (const { digest } of [spoilt, short]) expect(message).toContain(digest);
  expect(await store.bodies.countDocuments(sealedWithOlder(keysOf(ring)))).toBe(2);
  await expectWhole(good);
});

test('without the key of some pages the resealing fails and changes none of them', async () => {
  await put(1_000);
  await addKey(ring);
  await removeKey(ring, 'k1');
  await expect(resealBodies(store, keysOf(ring))).rejects.toMatchObject({ kind: 'settings-invalid' });
  expect(await sealKeys(store)).toEqual(['k1']);
});

test('a process with an open key ring continues to read', async () => {
  const page = await put(950_000);
  const open = openKeyRing(ring);
  open.keys();
  await addKey(ring);
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // as long as `mask rotate` waits at least
  await resealBodies(store, keysOf(ring));
  const body = await getBody(store, page.digest, page.body.length, () => open.keys());
  expect(body?.equals(page.body)).toBe(true);
});

test('no query for sealed pages reads the unsealed pages', async () => {
  for (let n = 0; n < 20; n += 1) await put(100, n % 4 === 0);
  const plans = await Promise.all([
    store.bodies.find({ key: 'k1' }, { projection: { parts: 1 } }).explain(),
    store.bodies.find(sealedWithOlder(keysOf(ring))).explain(),
    store.db.command({ explain: { distinct: 'bodies', key: 'key', query: { key: { $exists: true } } } }),
  ]);
  for (const plan of plans) expect(JSON.stringify(plan['queryPlanner'].winningPlan)).not.toContain('COLLSCAN');
});
