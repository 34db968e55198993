import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod, type MongodOptions, type RunningMongod } from '../../src/servers/mongod.js';
import { accepts, freePort } from '../../src/servers/ports.js';
import { isAlive } from '../../src/servers/process.js';

let dir: string;
let binary: string;
const running: RunningMongod[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-mongod-'));
  binary = (await locateBinary('mongod', { notify: () => {} })).path;
});

afterAll(async () => {
  await Promise.all(running.map((server) => server.kill()));
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<MongodOptions> = {}): Promise<RunningMongod> {
  const server = await startMongod({ binary, dbPath: join(dir, 'data'), cacheGB: 0.25, ...options });
  running.push(server);
  return server;
}

async function using<T>(uri: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(uri);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const write = (uri: string, id: string) =>
  using(uri, (client) =>
    client
      .db('t')
      .collection<{ _id: string }>('t', { writeConcern: { w: 'majority', journal: true } })
      .insertOne({ _id: id }),
  );
const ids = (uri: string) =>
  using(uri, async (client) => (await client.db('t').collection('t').find().toArray()).map(({ _id }) => String(_id)));

describe('several servers in turn on one folder', () => {
  let third: RunningMongod;

  test('an acknowledged write is kept after kill -9 and a restart, on the same port and on another', async () => {
    const port = await freePort();
    const first = await start({ port });
    expect(first.uri).toBe(`mongodb://127.0.0.1:${port}/?replicaSet=rs0&directConnection=false`);
    await write(first.uri, 'before the kill');
    await first.kill();
    expect(isAlive(first.pid)).toBe(false);

    const second = await start({ port });
    expect(second.pid).not.toBe(first.pid);
    expect(await ids(second.uri)).toEqual(['before the kill']);
    await write(second.uri, 'before the move');
    await second.kill();

    third = await start();
    expect(third.port).not.toBe(port);
    expect((await ids(third.uri)).sort()).toEqual(['before the kill', 'before the move']);
  });

  test('the server supports transactions, compresses with zstd, and limits both its memory and the lifetime of a transaction', async () => {
    await using(third.uri, async (client) => {
      const hosts = await client.db('t').createCollection('hosts', {
        storageEngine: { wiredTiger: { configString: 'block_compressor=zstd' } },
      });
      await client.withSession((session) => session.withTransaction(() => hosts.insertOne({ a: 1 }, { session })));
      const options = (await client.db('admin').command({ getCmdLineOpts: 1 }))['parsed'];
      expect(options.storage.wiredTiger.engineConfig).toEqual({ cacheSizeGB: 0.25, zstdCompressionLevel: 1 });
      expect(options.net.bindIp).toBe('127.0.0.1');
      const parameter = await client.db('admin').command({ getParameter: 1, transactionLifetimeLimitSeconds: 1 });
      expect(parameter['transactionLifetimeLimitSeconds']).toBe(15);
    });
  });

  test('a port in use and a folder in use are reported with the message of mongod, and the running server continues', async () => {
    await expect(start({ dbPath: join(dir, 'another'), port: third.port })).rejects.toMatchObject({
      kind: 'server-unavailable',
      message: expect.stringMatching(/MongoDB did not start.*Address already in use/i),
    });
    await expect(start()).rejects.toThrow(/DBPathInUse|lock file/i);
    await write(third.uri, 'still here');
  });

  test('the server stops once, however often stop is called', async () => {
    await third.stop();
    await third.stop();
    expect(await accepts(third.port)).toBe(false);
  });
});

test('a program that is not a server is reported with its exit code', async () => {
  await expect(start({ binary: process.execPath, dbPath: join(dir, 'wrong') })).rejects.toThrow(
    /did not start \(exit code 9\).*bad option/,
  );
});
