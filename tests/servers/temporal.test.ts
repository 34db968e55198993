import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { accepts, freePort } from '../../src/servers/ports.js';
import { isAlive } from '../../src/servers/process.js';
import { startTemporal, type RunningTemporal, type TemporalOptions } from '../../src/servers/temporal.js';
import { soakTest } from '../support/soak.js';

let dir: string;
let binary: string;
const running: RunningTemporal[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rollcall-temporal-'));
  binary = (await locateBinary('temporal', { notify: () => {} })).path;
});

afterAll(async () => {
  await Promise.all(running.map((server) => server.kill()));
  rmSync(dir, { recursive: true, force: true });
});

async function start(options: Partial<TemporalOptions> = {}): Promise<RunningTemporal> {
  const server = await startTemporal({ binary, headless: true, ...options });
  running.push(server);
  return server;
}

async function using<T>(address: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

soakTest('a started workflow is kept after kill -9 and a restart on the same file and port', async () => {
  const options = {
    dbFile: join(dir, 'state', 'temporal.db'),
    port: await freePort(),
    searchAttributes: { RollcallSource: 'Keyword' },
    dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': '60' },
  };
  const workflowId = randomUUID();
  const first = await start(options);
  await using(first.address, (client) =>
    client.workflow.start('wait', {
      workflowId,
      taskQueue: 'nobody',
      searchAttributes: { RollcallSource: ['qualys'] },
    }),
  );
  await first.kill();
  expect(isAlive(first.pid)).toBe(false);

  const second = await start(options);
  expect(second.address).toBe(first.address);
  const found = await using(second.address, (client) => client.workflow.getHandle(workflowId).describe());
  expect(found.status.name).toBe('RUNNING');
  expect(found.searchAttributes).toEqual({ RollcallSource: ['qualys'] });
  await second.stop();
  expect(isAlive(second.pid)).toBe(false);
});

test('the Web UI responds at its URL, and a second server on the same port fails, although the first one responds there', async () => {
  const server = await start({ headless: false });
  const response = await fetch(server.uiUrl ?? '');
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<html');
  await expect(start({ port: server.port })).rejects.toMatchObject({
    kind: 'server-unavailable',
    message: expect.stringMatching(/Temporal did not start.*address already in use/),
  });
  await server.stop();
  expect(await accepts(server.port)).toBe(false);
});
