import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from '../../src/client.js';
import { applySchedule, listSchedules } from '../../src/temporal/schedules/schedules.js';
import { loadSources } from '../../src/sources/loading/registry.js';
import { ChaosStack } from '../chaos/stack.js';

let stack: ChaosStack;
afterEach(() => stack?.close());

test('after Temporal is lost with its database during a run, schedules are applied again, and the next run completes the inventory', async () => {
  stack = await ChaosStack.open({ hosts: 800, seed: 31, latency: 25 });
  const source = loadSources().get('qualys-demo');
  await applySchedule(stack.client, stack.config, source);
  stack.startWorker();
  await stack.start();
  await stack.until('records', async (store) => (await store.records.countDocuments()) > 200);
  const [cut] = await stack.store.runs.find().toArray();
  await stack.killWorker(stack.workers[0]!);
  await stack.loseTemporal();
  const former = stack.client;
  stack.client = await openClient(stack.config.temporal);

  // Temporal has nothing of the run, and MongoDB still has it as running.
  expect(await listSchedules(stack.client, stack.config, [source.name])).toEqual([]);
  expect((await stack.store.runs.findOne({ _id: cut!._id }))?.status).toBe('running');
  stack.startWorker();
  await applySchedule(stack.client, stack.config, source);
  expect(await listSchedules(stack.client, stack.config, [source.name])).toHaveLength(1);

  // No worker resumes the lost run. The next run fetches the missing pages.
  const before = await stack.store.pages.countDocuments({ run: cut!._id });
  await sleep(3_000);
  expect(await stack.store.pages.countDocuments({ run: cut!._id })).toBe(before);

  const { result } = await stack.start();
  const summary = await result;
  const { hosts, records } = await stack.simulator.state();
  expect(summary.status).toBe('completed');
  expect(summary.hosts).toBe(hosts);
  expect(await stack.store.records.countDocuments()).toBe(records.qualys + records.crowdstrike);
  expect(await stack.store.records.countDocuments({ dirty: true })).toBe(0);
  // The records of the lost run are known, and are not counted as new again.
  expect(Object.values(summary.sources).reduce((sum, account) => sum + account.new, 0)).toBeLessThan(
    records.qualys + records.crowdstrike - 200,
  );
  expect((await stack.verify()).findings).toEqual([]);
  await former.connection.close();
});
