import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Binary, Decimal128, Double, Int32, Long, ObjectId, type Document } from 'mongodb';
import { backup } from '../../../src/operations/backup/backup.js';
import type { Failure } from '../../../src/model/failure.js';
import { getBody } from '../../../src/store/collections/bodies.js';
import { inTransaction } from '../../../src/store/transaction.js';
import type { Store } from '../../../src/store/database.js';
import { mergeChanged } from '../../../src/merge/drain.js';
import { appendPage } from '../../../src/store/collections/pages.js';
import { withRawLease } from '../../../src/store/raw-lease.js';
import { restore } from '../../../src/operations/backup/restore.js';
import { record } from '../../host/records.js';
import { putHosts } from '../../export/inventory.js';
import { eventually } from '../../support/eventually.js';
import { dropStore, emptyStore, freshStore } from '../../support/store.js';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-backup-'));
let store: Store;
let other: Store;
let at = 0;
const folder = () => join(dir, `b${(at += 1)}`);

beforeAll(async () => {
  [store, other] = await Promise.all([freshStore(), freshStore()]);
});
afterEach(async () => {
  await Promise.all([store, other].map(emptyStore));
});
afterAll(async () => {
  await Promise.all([store, other].map(dropStore));
  rmSync(dir, { recursive: true, force: true });
});

const many = (count: number, prefix = 'n') =>
  Array.from({ length: count }, (_, n) => record(`qualys:${prefix}${n}`, { hostname: `${prefix}-${n}.example.com` }));

/** Documents as bytes, so that a changed type of a number is visible. */
async function raw(of: Store, name: string): Promise<string[]> {
  const found = await of.db.collection(name).find({}, { raw: true }).sort({ _id: 1 }).toArray();
  return found.map((document) => Buffer.from(document as unknown as Uint8Array).toString('hex'));
}

test('a restored database is equal byte for byte, with its indexes', async () => {
  await putHosts(store, many(20));
  const odd: Document = {
    _id: new ObjectId(),
    whole: new Double(3),
    int: new Int32(3),
    long: Long.fromString('9007199254740993'),
    small: Long.fromNumber(1),
    decimal: Decimal128.fromString('1.10'),
    minus: new Double(-0),
    bytes: new Binary(randomBytes(70_000)),
    time: new Date('2026-01-01T00:00:00.001Z'),
    nothing: null,
    text: 'ünïcödé \u0000 \ud83d\ude00',
    nested: [{ __proto__x: 1 }, [], {}],
  };
  await store.db.collection('of_a_later_version').insertOne(odd);
  const path = folder();
  const manifest = await backup(store, path);
  expect(manifest.collections.find(({ name }) => name === 'records')).toMatchObject({ documents: 20 });
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(statSync(join(path, 'records.bson.gz')).mode & 0o077).toBe(0);
  const seen: string[] = [];
  await restore(other, path, { onCollection: ({ name }) => void seen.push(name) });
  expect(seen.sort()).toEqual(manifest.collections.map(({ name }) => name).sort());
  for (const { name } of manifest.collections) expect(await raw(other, name)).toEqual(await raw(store, name));
  expect(await other.records.indexes()).toEqual(await store.records.indexes());
  expect(await other.hosts.countDocuments()).toBe(20);
});

test('backup and restore overwrite no folder or database with content, except the sources that workers register', async () => {
  await putHosts(store, many(2));
  const path = folder();
  await backup(store, path);
  await expect(backup(store, path)).rejects.toMatchObject({ kind: 'settings-invalid' });
  // An unfinished backup cannot be restored.
  await expect(restore(other, `${path}.partial`)).rejects.toMatchObject({ kind: 'settings-invalid' });
  await expect(restore(store, path)).rejects.toThrow(/is not empty/);
  await other.sources.insertOne({ _id: 'qualys', vendor: 'qualys', last_checked: new Date(0) });
  await restore(other, path);
  expect(await other.sources.countDocuments()).toBe(0);
});

describe('two backups into one folder at once', () => {
  const path = folder();
  beforeAll(() => putHosts(store, many(20)));

  test('one is complete, and the other one fails because the folder exists', async () => {
    const both = await Promise.allSettled([backup(store, path), backup(store, path)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = both.find((each) => each.status === 'rejected');
    expect(lost).toMatchObject({ reason: { kind: 'settings-invalid', message: `${path} exists already` } });
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith(`.${basename(path)}.`))).toEqual([]);
  });

  test('a restore detects a damaged, truncated or missing file before it writes anything', async () => {
    const file = join(path, 'hosts.bson.gz');
    const whole = readFileSync(file);
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1]! ^= 0xff;
    const spoiled: (() => void)[] = [
      () => writeFileSync(file, flipped),
      () => writeFileSync(file, whole.subarray(0, whole.length - 100)),
      () => rmSync(file),
      () => writeFileSync(file, readFileSync(join(path, 'records.bson.gz'))),
    ];
    for (const spoil of spoiled) {
      spoil();
      await expect(restore(other, path)).rejects.toMatchObject({
        details: { remedy: expect.stringMatching(/another copy/) },
      });
      expect(await other.records.countDocuments()).toBe(0);
    }
    writeFileSync(file, whole);
    await restore(other, path);
    expect(await other.records.countDocuments()).toBe(20);
  });
});

test('a backup taken while records are merged is one snapshot, and the next merge completes it', async () => {
  await putHosts(store, many(100));
  const done = new AbortController();
  const writing = (async () => {
    for (let turn = 0; !done.signal.aborted; turn += 1) {
      // Pairs that become one host, and hosts that change. Records and hosts change together or not at all.
      const serial = { serial_number: `C02F60U4Q${100 + (turn % 900)}` };
      await putHosts(store, [
        record(`qualys:t${turn}`, { hostname: `t-${turn}`, hw_info: serial }),
        record(`crowdstrike:t${turn}`, { hostname: `t-${turn}`, hw_info: serial }),
      ]);
    }
  })();
  const path = folder();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await backup(store, path);
  done.abort();
  await writing;
  await restore(other, path);
  const before = await other.records.countDocuments();
  expect(before).toBeGreaterThan(100);
  const merged = await other.records.find({ dirty: { $exists: false } }, { projection: { _id: 1 } }).toArray();
  const holders = async () => {
    const found = new Map<string, number>();
    for await (const { sources } of other.hosts.find())
      for (const { record: id } of sources) found.set(id, (found.get(id) ?? 0) + 1);
    return found;
  };
  const hostsOfRecords = await holders();
  for (const { _id } of merged) expect(hostsOfRecords.get(_id)).toBe(1);
  await mergeChanged(other, { holder: 'test', run: 'after' });
  expect([...(await holders()).values()].every((count) => count === 1)).toBe(true);
  expect((await holders()).size).toBe(before);
});

test('a restore closes a run that was in progress, and the backup file has the format of mongorestore', async () => {
  await store.runs.insertOne({ _id: 'r', workflow_id: 'w', status: 'running', started_at: new Date(), sources: {} });
  const path = folder();
  await backup(store, path);
  const bytes = gunzipSync(readFileSync(join(path, 'runs.bson.gz')));
  expect(bytes.readInt32LE(0)).toBe(bytes.length);
  await restore(other, path);
  expect(await other.runs.findOne({ _id: 'r' })).toMatchObject({ status: 'cancelled', ended_at: expect.any(Date) });
});

/** Stores pages, each with its own body. */
async function putPages(count: number): Promise<string[]> {
  const digests: string[] = [];
  for (let seq = 0; seq < count; seq += 1) {
    const body = Buffer.from(`[{"id":${seq}}]`);
    const digest = createHash('sha256').update(body).digest('hex');
    const at = { cursor: { seq }, next: null, fetchedAt: new Date(0), status: 200, mediaType: 'application/json' };
    await appendPage(store, 'r', 'qualys', seq, { ...at, body, digest, rows: 1 });
    digests.push(digest);
  }
  return digests;
}

test('during a backup no body is removed: the removal fails with the name of the backup, and each page keeps its body', async () => {
  const digests = await putPages(3);
  const removeAll = () =>
    withRawLease(store, 'rollcall prune', () => store.bodies.deleteMany({}), { patienceMs: 0 }).catch(
      (error: Failure) => error,
    );
  const rejected: unknown[] = [];
  const path = folder();
  await backup(store, path, { onCollection: async () => void rejected.push(await removeAll()) });
  expect(rejected.length).toBeGreaterThan(5);
  for (const error of rejected)
    expect(error).toMatchObject({
      kind: 'settings-invalid',
      message: expect.stringMatching(/^rollcall prune has to wait: .* in use by rollcall backup, process \d+ on \S+$/),
      details: { remedy: expect.stringMatching(/lease expires at 20\d\d-/) },
    });
  await restore(other, path);
  for (const digest of digests) expect(await getBody(other, digest, Buffer.byteLength('[{"id":0}]'))).toBeDefined();
  // The removal succeeds after the end of the backup.
  expect(await removeAll()).toMatchObject({ deletedCount: 3 });
});

test('a backup waits until an erasure ends, reports its process, and names it in the error after the wait', async () => {
  let end = () => {};
  const erasing = withRawLease(store, 'rollcall erase', () => new Promise<void>((resolve) => (end = resolve)));
  await eventually('the lease of raw pages', async () => (await store.leases.findOne({ _id: 'raw-pages' }))?.holder);
  await expect(backup(store, folder(), { patienceMs: 0 })).rejects.toThrow(/in use by rollcall erase, process/);
  const path = folder();
  const waitedFor: string[] = [];
  const backedUp = backup(store, path, {
    onWait: (holder) => {
      waitedFor.push(holder);
      end();
    },
  });
  await Promise.all([erasing, backedUp]);
  expect(waitedFor).toEqual([expect.stringMatching(/^rollcall erase, process \d+ on [^#]+$/)]);
  await restore(other, path);
});

test('the lease of a process that has ended expires, and a process that misses the end of its lease gets an error', async () => {
  await putPages(1);
  const path = folder();
  const taken = backup(store, path, {
    onCollection: async ({ name }) => {
      if (name !== 'records') return;
      await store.leases.updateOne({ _id: 'raw-pages' }, { $set: { expires_at: new Date(0) } });
      await withRawLease(store, 'rollcall erase', () => Promise.resolve());
    },
  });
  await expect(taken).rejects.toThrow(/rollcall backup did not respond for a minute/);
  await expect(restore(other, path)).rejects.toThrow(/holds no backup/);
  // The same for a removal: its transaction is not committed.
  const removing = withRawLease(store, 'rollcall prune', async ({ fence }) => {
    await store.leases.updateOne({ _id: 'raw-pages' }, { $set: { expires_at: new Date(0) } });
    await backup(store, folder());
    await inTransaction(store, async (session) => {
      await store.bodies.deleteMany({}, { session });
      await fence(session);
    });
  });
  await expect(removing).rejects.toThrow(/rollcall prune did not respond for a minute/);
  expect(await store.bodies.countDocuments()).toBe(1);
});
