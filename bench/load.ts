import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import { openClient, startRun } from '../src/client.js';
import { openStore, type Store } from '../src/store/database.js';
import type { RunSummary } from '../src/workflows/collect-inventory.js';
import { usageOf } from './process.js';
import { openBenchStack, PAGE_SIZE, SOURCES, type BenchStack, type Fleet, type WorkerStack } from './stack.js';

/** One measurement, all of it from one run on one set of servers. */
export interface Measured {
  fleet: Fleet;
  hosts: number;
  /** Records served by both vendors together. */
  records: number;
  floor_seconds: number;
  first_seconds: number;
  unchanged_seconds: number;
  /** CPU time of the worker during the first load. */
  cpu_seconds: number;
  floor_cpu_seconds: number;
  /** Peak memory of the worker during both loads. */
  rss_mb: number;
  requests: number;
  temporal_events: number;
  /** Write operations on records and hosts during the unchanged load. */
  unchanged_writes: number;
}

/** Measures the floor, the first load and the unchanged load of one fleet. */
export async function measureLoad(fleet: Fleet, hosts: number): Promise<Measured> {
  const stack = await openBenchStack({ hosts, fleet });
  const client = await openClient(stack.config.temporal);
  const store = await openStore(stack.config.mongodb);
  try {
    await warmUp(client, stack);
    const floor = await runFloor(stack, fleet, store);
    const before = await stack.simulator.state();
    const cpuBefore = (await usageOf(stack.worker.pid!)).cpu;
    const first = await run(client, stack);
    const cpu = (await usageOf(stack.worker.pid!)).cpu - cpuBefore;
    const after = await stack.simulator.state();
    const temporalEvents = await countEvents(client, stack);
    const writesBefore = await countWrites(store);
    const unchanged = await run(client, stack);
    const writes = (await countWrites(store)) - writesBefore;
    for (const summary of [first, unchanged]) {
      if (summary.status !== 'completed')
        throw new Error(`The run ended ${summary.status}: ${JSON.stringify(summary.sources)}`);
    }
    return {
      fleet,
      hosts,
      records: floor.records,
      floor_seconds: floor.seconds,
      first_seconds: first.seconds,
      unchanged_seconds: unchanged.seconds,
      cpu_seconds: cpu,
      floor_cpu_seconds: floor.cpu_seconds,
      rss_mb: Math.round((await usageOf(stack.worker.pid!)).peakMb),
      requests: after.requests - before.requests,
      temporal_events: temporalEvents,
      unchanged_writes: writes,
    };
  } finally {
    await store.close();
    await client.connection.close();
    await stack.stop();
  }
}

/** Measures one load without and one with a latency of `latency` milliseconds per request, in pages of 100. */
export async function measureLatency(
  hosts: number,
  latency: number,
): Promise<{ hosts: number; latency_ms: number; plain_seconds: number; latency_seconds: number }> {
  const seconds: number[] = [];
  for (const wait of [0, latency]) {
    const stack = await openBenchStack({ hosts, fleet: 'lean', pageSize: 100, latency: wait });
    const client = await openClient(stack.config.temporal);
    try {
      await warmUp(client, stack);
      seconds.push((await run(client, stack)).seconds);
    } finally {
      await client.connection.close();
      await stack.stop();
    }
  }
  return { hosts, latency_ms: latency, plain_seconds: seconds[0]!, latency_seconds: seconds[1]! };
}

export async function run(client: Client, { config }: WorkerStack, sources = SOURCES): Promise<RunSummary> {
  const { handle } = await startRun(client, config.temporal, { sources, force: true });
  return handle.result();
}

/** Runs one merge, so that the worker has started and compiled its code before the measurement. */
export async function warmUp(client: Client, { config }: WorkerStack): Promise<void> {
  const { handle } = await startRun(client, config.temporal, { sources: [], only: 'merge' });
  await handle.result();
}

async function runFloor({ config, simulator }: BenchStack, fleet: Fleet, store: Store) {
  const { records } = await simulator.state();
  const environment = simulator.environment;
  const listing = (vendor: 'qualys' | 'crowdstrike', pageSize: number) => ({
    url: `${simulator.url}/api/${vendor}/hosts/get`,
    token: environment[`${vendor.toUpperCase()}_DEMO_TOKEN`]!,
    pageSize,
    records: records[vendor],
  });
  const work = {
    mongodb: config.mongodb.uri,
    listings: [listing('qualys', PAGE_SIZE[fleet]), listing('crowdstrike', PAGE_SIZE.lean)],
  };
  const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, 'floor.js'), JSON.stringify(work)], {
    maxBuffer: 1 << 24,
  });
  await store.client.db('floor').dropDatabase();
  return JSON.parse(stdout) as { seconds: number; records: number; cpu_seconds: number; rss_mb: number };
}

async function countEvents(client: Client, { config }: BenchStack): Promise<number> {
  let events = 0;
  const ids = [
    `bench-collect-${[...SOURCES].sort().join('+')}`,
    ...SOURCES.map((source) => `${config.temporal.taskQueue}-source-${source}`),
  ];
  for (const id of ids) events += (await client.workflow.getHandle(id).describe()).historyLength;
  return events;
}

/** Write operations so far on records and hosts, as the server counts them. */
async function countWrites(store: Store): Promise<number> {
  let writes = 0;
  for (const collection of [store.records, store.hosts]) {
    const [stats] = await collection
      .aggregate<{ latencyStats: { writes: { ops: unknown } } }>([{ $collStats: { latencyStats: {} } }])
      .toArray();
    writes += Number(stats?.latencyStats.writes.ops ?? 0);
  }
  return writes;
}
