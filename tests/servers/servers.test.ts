import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { stopKept } from '../../src/servers/kept.js';
import { isAlive } from '../../src/servers/process.js';
import { openServers, type OpenServers } from '../../src/servers/servers.js';
import { soakTest } from '../support/soak.js';

let dir: string;
let printed: string[];
const open: OpenServers[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-servers-'));
  printed = [];
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((servers) => servers.stop()));
  for (const folder of [dir, join(dir, 'other')]) await stopKept(folder);
  rmSync(dir, { recursive: true, force: true });
});

async function openIn(dir: string, options: Partial<Parameters<typeof openServers>[0]> = {}): Promise<OpenServers> {
  const { MONGODB_URI: _uri, TEMPORAL_ADDRESS: _address, ...environment } = process.env;
  const servers = await openServers({
    dir,
    notify: (line) => printed.push(line),
    environment,
    cacheGB: 0.25,
    ...options,
  });
  open.push(servers);
  return servers;
}

test('addresses in the environment have priority: no server starts and no secret is printed', async () => {
  const environment = {
    MONGODB_URI: 'mongodb://user:pw@db.test/?replicaSet=x',
    TEMPORAL_ADDRESS: 'temporal.test:7233',
    TEMPORAL_UI: 'https://ui.test',
  };
  const servers = await openIn(dir, { environment });
  expect(servers).toMatchObject({
    mongodbUri: environment.MONGODB_URI,
    temporalAddress: 'temporal.test:7233',
    temporalUi: 'https://ui.test',
  });
  expect(servers.mongod).toBeUndefined();
  expect(printed).toEqual(['MongoDB: from MONGODB_URI', 'Temporal: temporal.test:7233, from TEMPORAL_ADDRESS']);
  await servers.stop();
});

soakTest(
  'two starts at once do not conflict; the next start on the folder finds servers that stay up on purpose and leaves them up until they are stopped; and the data is there the next time',
  async () => {
    const other = join(dir, 'other');
    const [one, kept] = await Promise.all([openIn(join(dir, 'one')), openIn(other, { detached: true })]);
    const addresses = [one, kept].flatMap((servers) => [
      servers.mongodbUri,
      servers.temporalAddress,
      servers.temporalUi,
    ]);
    expect(new Set(addresses).size).toBe(6);
    await one.stop();
    expect(isAlive(one.mongod?.pid ?? 0)).toBe(false);
    const client = new MongoClient(kept.mongodbUri);
    await client.db('t').collection('t').insertOne({ kept: true });
    await client.close();

    const second = await openIn(other);
    expect(second.mongodbUri).toBe(kept.mongodbUri);
    expect(second.temporalAddress).toBe(kept.temporalAddress);
    expect(printed.filter((line) => line.includes('already running'))).toHaveLength(2);
    await second.stop();
    expect(isAlive(kept.mongod?.pid ?? 0)).toBe(true);
    expect(await stopKept(other)).toBe(2);
    expect(isAlive(kept.mongod?.pid ?? 0)).toBe(false);
    expect(isAlive(kept.temporal?.pid ?? 0)).toBe(false);
    expect(await stopKept(other)).toBe(0);

    const again = await openIn(other, { ui: false });
    expect(again.temporalUi).toBeUndefined();
    const third = new MongoClient(again.mongodbUri);
    expect(await third.db('t').collection('t').countDocuments({ kept: true })).toBe(1);
    await third.close();
  },
);

test('when one server cannot start, the other does not keep running', async () => {
  const { MONGODB_URI: _uri, TEMPORAL_ADDRESS: _address, ...environment } = process.env;
  await expect(
    openIn(dir, { environment: { ...environment, TEMPORAL_CLI: join(dir, 'missing') } }),
  ).rejects.toMatchObject({
    kind: 'settings-invalid',
  });
  // The folder is free again because its mongod has stopped.
  const servers = await openIn(dir, { environment: { ...environment, TEMPORAL_ADDRESS: 'temporal.test:7233' } });
  expect(servers.mongod?.pid).toBeGreaterThan(0);
});
