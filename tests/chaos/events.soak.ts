import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { eventChunks } from '../../simulator/events.js';
import { share } from '../../simulator/random.js';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod } from '../../src/servers/mongod.js';
import { openStore, type Store } from '../../src/store/database.js';
import { eventsInOrder } from '../../src/store/collections/events.js';
import type { SourceAccount } from '../../src/model/run.js';
import { SEED } from '../support/soak.js';

/**
 * A delivery that is killed at any moment and started again gives the same result as an undisturbed delivery, byte for
 * byte.
 */

const KILLS = 100;
const EVENTS = 4_000;
let mongod: Awaited<ReturnType<typeof startMongod>>;
const folder = mkdtempSync(join(tmpdir(), 'rollcall-events-'));
const file = join(folder, 'events.jsonl');
let generated = 0;
const chance = () => share(SEED, (generated += 1));
const stores: Store[] = [];

beforeAll(async () => {
  const { path: binary } = await locateBinary('mongod', { notify: () => {} });
  mongod = await startMongod({ binary, dbPath: join(folder, 'mongod') });
  // The transaction of a killed process keeps its locks until this limit. The usual 15 seconds, 50 times, are too long
  // for a test.
  const store = await newStore();
  await store.client.db('admin').command({ setParameter: 1, transactionLifetimeLimitSeconds: 1 });
  await pipeline(Readable.from(eventChunks({ count: EVENTS, seed: 3, spread: 3_000 })), createWriteStream(file));
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await mongod?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function newStore(): Promise<Store> {
  const database = `e${randomUUID().slice(0, 8)}`;
  const store = await openStore({ uri: mongod.uri, database, hostsCollection: 'hosts' });
  stores.push(store);
  return store;
}

const spawnDelivery = (store: Store, from = file, environment: Record<string, string> = {}) =>
  spawn(process.execPath, [join(__dirname, 'delivering.mjs'), mongod.uri, store.db.databaseName, from], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });

/** Runs one process. Resolves to its account, or to `undefined` when it was killed after `killAfterMs`. */
async function deliver(store: Store, killAfterMs = Infinity): Promise<SourceAccount | undefined> {
  const child = spawnDelivery(store);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const timer = Number.isFinite(killAfterMs) ? setTimeout(() => child.kill('SIGKILL'), killAfterMs) : undefined;
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (ended, by) => resolve([ended, by])),
  );
  clearTimeout(timer);
  if (signal === 'SIGKILL') return undefined;
  if (code !== 0) throw new Error(`The delivery ended with ${code}: ${err}`);
  return JSON.parse(out) as SourceAccount;
}

/** Everything that a delivery stores, except the times. */
async function resultOf(store: Store): Promise<string> {
  const lines: string[] = [];
  for await (const line of eventsInOrder(store, 'events')) lines.push(line);
  const categories = await store.eventCategories.find().sort({ _id: 1 }).toArray();
  const quarantined = await store.quarantine
    .find({}, { projection: { reason: 1, page: 1, row: 1, offset: 1, length: 1 } })
    .sort({ _id: 1 })
    .toArray();
  const order = await store.events
    .find({}, { projection: { seq: 1, page: 1, row: 1 } })
    .sort({ seq: 1 })
    .toArray();
  const positions = await store.positions.find({}, { projection: { at: 1 } }).toArray();
  return [...lines, ...[categories, quarantined, order, positions].map((part) => JSON.stringify(part))].join('\n');
}

const counts = ({ pages, records, new: created, unchanged, quarantined }: SourceAccount) => ({
  pages,
  records,
  created,
  unchanged,
  quarantined,
});

test(`${KILLS} kills at random moments give the same result as an undisturbed delivery`, async () => {
  const undisturbed = await newStore();
  const started = Date.now();
  const expected = (await deliver(undisturbed))!;
  const took = Date.now() - started;
  expect(expected).toMatchObject({ status: 'complete' });
  expect(expected.new).toBe(await undisturbed.events.countDocuments());
  expect(expected.unchanged).toBeGreaterThan(0);
  expect(expected.quarantined).toBeGreaterThan(0);
  const whole = await resultOf(undisturbed);

  let kills = 0;
  for (let round = 0; kills < KILLS; round += 1) {
    const store = await newStore();
    let account: SourceAccount | undefined;
    // At most twelve kills per delivery, so that it ends although each attempt first reads what is stored.
    for (let own = 0; !account; own += 1) {
      account = await deliver(store, own < 12 && kills < KILLS ? 500 + chance() * (took - 500) : Infinity);
      if (!account) kills += 1;
    }
    expect(counts(account)).toEqual(counts(expected));
    expect(await resultOf(store)).toBe(whole);
  }
});

test('an attempt that continues after another attempt has finished destroys nothing, and ends as superseded', async () => {
  const store = await newStore();
  const many = join(folder, 'many.jsonl');
  const temporary = join(folder, 'temporary');
  await pipeline(Readable.from(eventChunks({ count: 32_000, seed: 4, spread: 30_000 })), createWriteStream(many));
  const read = (child: ReturnType<typeof spawnDelivery>) => {
    const read = { out: '', err: '', ended: new Promise<unknown>((resolve) => child.once('close', resolve)) };
    child.stdout.on('data', (chunk: Buffer) => (read.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (read.err += chunk.toString()));
    return read;
  };
  const spilled = () =>
    existsSync(temporary) &&
    readdirSync(temporary, { recursive: true }).some((name) => String(name).endsWith('.spill'));
  const late = spawnDelivery(store, many, { TMPDIR: temporary });
  try {
    const first = read(late);
    while (!spilled()) {
      if (late.exitCode !== null) throw new Error(`It ended without a spill: ${first.err}`);
      await delay(5);
    }
    late.kill('SIGSTOP');
    const before = readdirSync(temporary, { recursive: true });
    const second = read(spawnDelivery(store, many, { TMPDIR: temporary }));
    expect([await second.ended, second.err]).toEqual([0, '']);
    const events = await store.events.countDocuments();
    expect(JSON.parse(second.out)).toMatchObject({ status: 'complete', new: events });
    expect(readdirSync(temporary, { recursive: true })).toEqual(before);
    late.kill('SIGCONT');
    // The script retries the attempt, as Temporal would without another worker, and finds all work done.
    expect([await first.ended, first.err]).toEqual([0, 'superseded\n']);
    expect(await store.events.countDocuments()).toBe(events);
    expect(readdirSync(temporary)).toEqual([]);
  } finally {
    late.kill('SIGKILL');
  }
});
