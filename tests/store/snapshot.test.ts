import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MongoServerError, Timestamp } from 'mongodb';
import { exportHosts, type Exported } from '../../src/export/index.js';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod, type RunningMongod } from '../../src/servers/mongod.js';
import { backup } from '../../src/operations/backup/backup.js';
import type { Store } from '../../src/store/database.js';
import type { HostDoc } from '../../src/store/documents/hosts.js';
import { restore } from '../../src/operations/backup/restore.js';
import { record } from '../host/records.js';
import { putHosts } from '../export/inventory.js';
import { eventually } from '../support/eventually.js';
import { freshStore } from '../support/store.js';

/** MongoDB forgets how things were, on a server of this file's own: what it remembers is one setting for all its databases. */
const dir = mkdtempSync(join(tmpdir(), 'rollcall-snapshot-'));
const WINDOW = 'minSnapshotHistoryWindowInSeconds';
let server: RunningMongod;
let store: Store;

beforeAll(async () => {
  const { path: binary } = await locateBinary('mongod', { say: () => {} });
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

const remember = (seconds: number) => store.client.db('admin').command({ setParameter: 1, [WINDOW]: seconds });

const now = async () => (await store.db.command({ ping: 1 }))['operationTime'] as Timestamp;

/** Whether the server still knows how things were. */
const knows = (moment: Timestamp) =>
  store.db
    .command({ find: 'hosts', limit: 1, readConcern: { level: 'snapshot', atClusterTime: moment } })
    .then(() => true)
    .catch((error: MongoServerError) => {
      if (error.codeName !== 'SnapshotTooOld') throw error;
      return false;
    });

/** Lets the server forget how things are now; what was forgotten stays forgotten. Returns the host's status after it. */
async function forget(): Promise<string> {
  const moment = await now();
  let round = 0;
  await remember(0);
  await eventually('the server to forget', async () => {
    await store.hosts.updateOne({ 'device.hostname': 'n-1' }, { $set: { status: `round ${(round += 1)}` } });
    return !(await knows(moment));
  });
  await remember(300);
  return `round ${round}`;
}

test('an export that outlasts what the server remembers goes on, each host once, and says so', async () => {
  const into: Exported = { hosts: 0, oneMoment: true };
  const pieces = exportHosts(store, 'jsonl', {}, into)[Symbol.asyncIterator]();
  let text = (await pieces.next()).value as string;
  await forget();
  for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) text += piece.value;
  const ids = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as HostDoc)._id);
  expect(into).toEqual({ hosts: 1_200, oneMoment: false });
  expect(new Set(ids).size).toBe(1_200);
});

test('a backup whose moment is forgotten half-way takes the rest at a later one', async () => {
  let last: string | undefined;
  const folder = join(dir, 'backup');
  await backup(store, folder, {
    onCollection: async () => {
      if (last !== undefined) return;
      await store.hosts.updateOne({ 'device.hostname': 'n-1' }, { $set: { status: 'before' } });
      last = await forget();
    },
  });
  const other = await freshStore({ uri: server.uri });
  await restore(other, folder);
  expect(await other.hosts.findOne({ status: last! })).not.toBeNull();
  expect(await other.hosts.countDocuments()).toBe(1_200);
  await other.close();
});
