import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { compose, ROOT } from './compose-file.js';
import { addresses, dir, start } from './running.js';

const { temporal, mongodb, worker, ui } = compose.services;
const built = existsSync(join(ROOT, 'dist/src/worker.js'));
if (!built) process.stderr.write('The worker of docker-compose.yml is not tested: there is no build (npm run build)\n');

test('mongodb initiates its replica set once, stops cleanly, and has its data after a restart', async () => {
  const ports = await addresses();
  const data = join(dir, 'mongodb');
  const client = new MongoClient(`mongodb://127.0.0.1:${ports.mongodb}/?replicaSet=rs0`, {
    serverSelectionTimeoutMS: 5_000,
  });
  const kept = client.db('compose').collection('kept');
  try {
    const first = await start(mongodb, ports, data);
    await first.healthy();
    expect(await first.checkHealth()).toEqual({ code: 0, output: '' }); // the second check does not start mongosh
    await kept.insertOne({ held: true }, { writeConcern: { w: 'majority', journal: true } });
    expect(await first.stop()).toBe(0);
    expect((await first.checkHealth()).code).toBe(1);

    const second = await start(mongodb, ports, data);
    await second.healthy();
    expect(await kept.countDocuments()).toBe(1);
    expect(await second.stop()).toBe(0);
  } finally {
    await client.close();
  }
});

(built ? test : test.skip)('the worker is healthy when it polls both servers, and stops cleanly', async () => {
  const ports = await addresses();
  const servers = [
    await start(mongodb, ports, join(dir, 'mongodb-of-worker')),
    await start(temporal, ports, join(dir, 'temporal-of-worker'), ['temporal']),
  ];
  await Promise.all(servers.map((server) => server.healthy()));
  const logs = join(dir, 'logs');
  const container = await start(worker, ports, logs);
  expect((await container.checkHealth()).output).toMatch(
    /No worker of .* polls task queue rollcall|The worker is not ready/,
  );
  await container.healthy();
  expect(container.output()).toContain('Worker is ready');
  expect(existsSync(join(logs, new Date().toISOString().slice(0, 10), 'rollcall.log'))).toBe(true);
  expect(await container.stop()).toBe(0);
  expect(container.output()).toContain('Worker has stopped');
});

(built ? test : test.skip)(
  'the page is healthy with MongoDB alone, asks for its token, and does not start without one',
  async () => {
    const ports = await addresses();
    await (await start(mongodb, ports, join(dir, 'mongodb-of-page'))).healthy();
    const rejected = await start(ui, ports, join(dir, 'page'));
    await expect(rejected.healthy()).rejects.toThrow(/no token is set\nSet ROLLCALL_UI_TOKEN/);

    const token = 'correct-horse-battery-staple';
    const container = await start(ui, ports, join(dir, 'page'), undefined, { ROLLCALL_UI_TOKEN: token });
    await container.healthy();
    const ask = (headers: Record<string, string> = {}) =>
      fetch(`http://127.0.0.1:${ports.page}/api/hosts`, { headers }).then(({ status }) => status);
    expect(await ask()).toBe(401);
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(200);
    expect(container.output()).not.toContain(token);
    expect(await container.stop()).toBe(0);
  },
);
