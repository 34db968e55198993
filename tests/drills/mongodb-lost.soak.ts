import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRun } from '../../src/client.js';
import { backup } from '../../src/operations/backup/backup.js';
import { restore } from '../../src/operations/backup/restore.js';
import { ChaosStack } from '../chaos/stack.js';
import { summaryOf } from '../support/pipeline.js';
import { inventoryOf } from './inventory.js';

const dir = mkdtempSync(join(tmpdir(), 'rollcall-drill-'));
let stack: ChaosStack;
afterEach(() => stack?.close());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const SOURCES = ['qualys-demo', 'crowdstrike-demo'];

async function completed(): Promise<void> {
  const { result } = await stack.start();
  const { status, hosts } = await result;
  expect({ status, hosts }).toEqual({ status: 'completed', hosts: (await stack.simulator.state()).hosts });
}

/** Follows docs/backup.md: stop the workers, terminate the open workflows in Temporal, restore, start the workers. */
async function recover(folder: string): Promise<void> {
  for (const worker of stack.workers.splice(0)) await stack.killWorker(worker);
  for await (const { workflowId, runId } of stack.client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
    await stack.client.workflow
      .getHandle(workflowId, runId)
      .terminate('restored')
      .catch(() => {});
  await restore(stack.store, folder);
  stack.startWorker();
}

test('after MongoDB is lost with its data, the backup is restored and replayed, and the next run brings it up to date', async () => {
  stack = await ChaosStack.open({ hosts: 400, seed: 32, latency: 2 });
  stack.startWorker();
  await completed();
  const expected = await inventoryOf(stack.store);
  const folder = join(dir, 'whole');
  await backup(stack.store, folder);

  await stack.loseMongod();
  expect(await stack.store.hosts.countDocuments()).toBe(0);
  await recover(folder);
  expect(await inventoryOf(stack.store)).toEqual(expected);
  expect((await stack.verify()).findings).toEqual([]);

  // The raw pages are restored too: without records and hosts, a replay makes the same inventory.
  const [run] = await stack.store.runs.find().toArray();
  await stack.store.records.deleteMany({});
  await stack.store.hosts.deleteMany({});
  await stack.store.keyStates.deleteMany({});
  const pagesFromRun = Object.fromEntries(SOURCES.map((source) => [source, run!._id]));
  const { handle } = await startRun(stack.client, stack.config.temporal, {
    sources: SOURCES,
    replay: true,
    pagesFromRun,
  });
  expect((await summaryOf(handle.result())).status).toBe('completed');
  expect(await inventoryOf(stack.store)).toEqual(expected);

  await completed();
  expect(await inventoryOf(stack.store)).toEqual(expected);
  expect((await stack.verify()).findings).toEqual([]);
});

test('the next run completes the inventory of each backup that was taken while a run wrote', async () => {
  stack = await ChaosStack.open({ hosts: 700, seed: 33, latency: 25 });
  stack.startWorker();
  const { result } = await stack.start();
  const folders: string[] = [];
  await stack.until('records', async (store) => (await store.records.countDocuments()) >= 100);
  folders.push(join(dir, 'fetching'));
  await backup(stack.store, folders[0]!);
  await stack.until('hosts', async (store) => (await store.hosts.countDocuments()) > 0);
  folders.push(join(dir, 'merging'));
  await backup(stack.store, folders[1]!);
  expect((await result).status).toBe('completed');
  const expected = await inventoryOf(stack.store);

  for (const folder of folders) {
    await stack.store.db.dropDatabase();
    await stack.reopen();
    await recover(folder);
    expect(await stack.store.records.countDocuments()).toBeLessThanOrEqual(expected.length * 2);
    await completed();
    expect((await stack.verify()).findings).toEqual([]);
    expect(await inventoryOf(stack.store)).toEqual(expected);
  }
});
