import { ChaosStack, sleep } from './stack.js';
import type { RunSummary } from '../../src/workflows/collect-inventory.js';

/**
 * Real processes, really killed, at each stage of a run. After each: every record served is there once, in one host, the
 * inventory is the fleet's truth, and hardly a page was fetched twice.
 */

const HOSTS = 3_000;
let stack: ChaosStack;

afterEach(() => stack?.close());

async function open(seed: number, latency = 15): Promise<void> {
  stack = await ChaosStack.open({ hosts: HOSTS, seed, latency });
}

const fetched = (pages: number) => async () => (await stack.store.pages.countDocuments()) >= pages;
const normalizing = async () => (await stack.store.records.countDocuments()) > 0;
const merging = async () =>
  (await stack.store.leases.countDocuments({ _id: 'merge:hosts:0', holder: { $ne: '' } })) > 0;
const merged = async () => (await stack.store.hosts.countDocuments()) > 0;

async function expectWhole(summary: RunSummary, kills = 1): Promise<void> {
  const { hosts, records, requests } = await stack.simulator.state();
  const outcomes = Object.values(summary.sources).map(({ status, reason }) => ({ status, reason }));
  expect(outcomes).toEqual([{ status: 'complete' }, { status: 'complete' }]);
  expect(summary.status).toBe('completed');
  const verification = await stack.verify();
  expect(verification.findings).toEqual([]);
  expect(verification.hosts).toBe(hosts);
  expect(summary.hosts).toBe(hosts);
  const read = Object.values(summary.sources).reduce((sum, account) => sum + account.new, 0);
  expect(read).toBe(records.qualys + records.crowdstrike);
  expect(await stack.store.records.countDocuments()).toBe(read);
  // Each answer that reached the ledger was asked for once. What was in hand when something was killed is asked for again:
  // by each source two pages that are being fetched, one that waits and one that is being stored; and at its end one page
  // too many.
  const again = requests - verification.pages;
  expect(again).toBeLessThanOrEqual(2 * 4 * kills + 2);
  if (kills === 1) expect(again).toBeLessThanOrEqual(0.05 * verification.pages);
}

test('a worker that is killed while fetching, normalizing and merging leaves nothing lost and nothing doubled', async () => {
  await open(11);
  const { result } = await (stack.startWorker(), stack.start());
  for (const [stage, seen] of [
    ['pages', fetched(40)],
    ['records', normalizing],
    ['the merge', merging],
  ] as const) {
    await stack.until(stage, seen);
    await stack.killWorker(stack.workers.at(-1)!);
    stack.startWorker();
  }
  await expectWhole(await result, 3);
});

test('a worker that is killed between two merge batches leaves each record in one host', async () => {
  await open(12, 0);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('hosts', merged);
  await stack.killWorker(stack.workers.at(-1)!);
  stack.startWorker();
  await expectWhole(await result);
});

test('a mongod that is killed twice is waited for, and what it acknowledged is there', async () => {
  await open(13);
  const { result } = await (stack.startWorker(), stack.start());
  for (const [stage, seen] of [
    ['pages', fetched(60)],
    ['records', normalizing],
  ] as const) {
    await stack.until(stage, seen);
    await stack.killMongod();
    await sleep(500);
    await stack.startMongod();
  }
  await expectWhole(await result, 2);
});

test('a Temporal server that is killed in mid-run goes on with the same run', async () => {
  await open(14);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('pages', fetched(60));
  await stack.killTemporal();
  await sleep(500);
  await stack.startTemporal();
  await expectWhole(await result);
});

test('everything killed at once and started again ends the same run', async () => {
  await open(15);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('records', normalizing);
  await Promise.all([stack.killWorker(stack.workers[0]!), stack.killTemporal(), stack.killMongod()]);
  await Promise.all([stack.startMongod(), stack.startTemporal()]);
  stack.startWorker();
  await expectWhole(await result);
});

test('a worker that sleeps through its heartbeats and wakes late changes nothing', async () => {
  await open(16);
  const { result } = await (stack.startWorker(), stack.start());
  await stack.until('records', normalizing);
  const zombie = stack.workers[0]!;
  zombie.kill('SIGSTOP');
  stack.startWorker();
  await sleep(12_000);
  zombie.kill('SIGCONT');
  // The zombie asks once more before it is told that its attempt is over.
  await expectWhole(await result, 2);
});
