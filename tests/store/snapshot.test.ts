import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MongoServerError, Timestamp } from 'mongodb';
import { exportHosts, type Exported } from '../../src/export/index.js';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod, type RunningMongod } from '../../src/servers/mongod.js';
import { backup } from '../../src/operations/backup/backup.js';
import type { Store } from '../../src/store/database.js';
import { inSnapshot } from '../../src/store/snapshot.js';
import type { HostDoc } from '../../src/store/documents/hosts.js';
import { restore } from '../../src/operations/backup/restore.js';
import { rowsOf, type Query } from '../../src/report/query.js';
import { record } from '../host/records.js';
import { putHosts } from '../export/inventory.js';
import { eventually } from '../support/eventually.js';
import { freshStore } from '../support/store.js';

/** MongoDB drops old snapshots. These tests use their own server, because the snapshot window is one setting for all databases. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-snapshot-'));
const WINDOW = 'minSnapshotHistoryWindowInSeconds';
let server: RunningMongod;
let store: Store;

beforeAll(async () => {
  const { path: binary } = await locateBinary('mongod', { notify: () => {} });
  server = await startMongod({ binary, dbPath: join(dir, 'mongod'), cacheGB: 0.25 });
  store = await freshStore({ uri: server.uri });
  await putHosts(
    store,
    Array.from({ length: 1_200 }, (_, n) => record(`qualys:n${n}`, { hostname: `n-${n}` })),
  );
});
afterAll(async () => {
  await store?.close();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const setSnapshotWindow = (seconds: number) => store.client.db('admin').command({ setParameter: 1, [WINDOW]: seconds });

const now = async () => (await store.db.command({ ping: 1 }))['operationTime'] as Timestamp;

/** Whether the server still has the snapshot of that time. */
const hasSnapshot = (moment: Timestamp) =>
  store.db
    .command({ find: 'hosts', limit: 1, readConcern: { level: 'snapshot', atClusterTime: moment } })
    .then(() => true)
    .catch((error: MongoServerError) => {
      if (error.codeName !== 'SnapshotTooOld') throw error;
      return false;
    });

/** Makes the server drop the snapshot of the current time for good. Returns the host's status afterwards. */
async function dropSnapshot(): Promise<string> {
  const moment = await now();
  let round = 0;
  await setSnapshotWindow(0);
  await eventually('the server to drop the snapshot', async () => {
    await store.hosts.updateOne({ 'device.hostname': 'n-1' }, { $set: { status: `round ${(round += 1)}` } });
    return !(await hasSnapshot(moment));
  });
  await setSnapshotWindow(300);
  return `round ${round}`;
}

test('an export that takes longer than the snapshot window continues with each host once, and reports that it is not one snapshot', async () => {
  const into: Exported = { hosts: 0, oneMoment: true };
  const pieces = exportHosts(store, 'jsonl', {}, into)[Symbol.asyncIterator]();
  let text = (await pieces.next()).value as string;
  await dropSnapshot();
  for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) text += piece.value;
  const ids = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as HostDoc)._id);
  expect(into).toEqual({ hosts: 1_200, oneMoment: false });
  expect(new Set(ids).size).toBe(1_200);
});

test('all reads in a snapshot see the same state, and after the server has dropped the snapshot they are repeated', async () => {
  const hosts = rowsOf<{ n: number }>;
  const count: Query = { collection: 'hosts', pipeline: [{ $count: 'n' }] };
  const counted = await inSnapshot(store, async (snapshot) => {
    const [before] = await hosts({ store, snapshot }, count);
    await putHosts(store, [record('qualys:late', { hostname: 'late' })]);
    const [after] = await hosts({ store, snapshot }, count);
    return [before!.n, after!.n];
  });
  expect(counted).toEqual([1_200, 1_200]);
  let attempts = 0;
  const again = await inSnapshot(store, async (snapshot) => {
    const [before] = await hosts({ store, snapshot }, count);
    if ((attempts += 1) === 1) await dropSnapshot();
    const [after] = await hosts({ store, snapshot }, count);
    return [before!.n, after!.n];
  });
  expect([attempts, again]).toEqual([2, [1_201, 1_201]]);
  await store.hosts.deleteOne({ 'device.hostname': 'late' });
});

test('a backup whose snapshot is dropped half-way takes the rest from a later snapshot', async () => {
  let last: string | undefined;
  const folder = join(dir, 'backup');
  await backup(store, folder, {
    onCollection: async () => {
      if (last !== undefined) return;
      await store.hosts.updateOne({ 'device.hostname': 'n-1' }, { $set: { status: 'before' } });
      last = await dropSnapshot();
    },
  });
  const other = await freshStore({ uri: server.uri });
  await restore(other, folder);
  expect(await other.hosts.findOne({ status: last! })).not.toBeNull();
  expect(await other.hosts.countDocuments()).toBe(1_200);
  await other.close();
});
