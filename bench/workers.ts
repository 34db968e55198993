import { openClient } from '../src/client.js';
import { run, warmUp } from './load.js';
import { openBenchStack, SOURCES } from './stack.js';

/** Delay of each request, milliseconds, as from a vendor on another machine. */
const LATENCY = 500;

export interface MeasuredWorkers {
  hosts: number;
  /** Seconds of a first load by number of worker processes. */
  workers: Record<number, number>;
  /** Seconds of a first load by vendor. */
  sources: Record<string, number>;
}

/** Measures first loads in small pages from slow vendors, with one or more workers and of one or both vendors. */
export async function measureWorkers(hosts: number): Promise<MeasuredWorkers> {
  const load = async (workers: number, sources: readonly string[]): Promise<number> => {
    const stack = await openBenchStack({ hosts, fleet: 'lean', pageSize: 100, latency: LATENCY, workers });
    const client = await openClient(stack.config.temporal);
    try {
      await warmUp(client, stack);
      return (await run(client, stack, [...sources])).seconds;
    } finally {
      await client.connection.close();
      await stack.stop();
    }
  };
  const measured: MeasuredWorkers = { hosts, workers: {}, sources: {} };
  for (const workers of [1, 2, 4]) measured.workers[workers] = await load(workers, SOURCES);
  for (const source of SOURCES) measured.sources[source] = await load(1, [source]);
  measured.sources['both'] = measured.workers[1]!;
  return measured;
}

export function workersText({ hosts, workers, sources }: MeasuredWorkers): string {
  const text = (seconds: Record<string, number>) =>
    Object.entries(seconds)
      .map(([what, value]) => `${what}: ${value.toFixed(1)} s`)
      .join(', ');
  return [
    `${hosts} hosts, pages of 100, ${LATENCY} ms a request`,
    `  workers  ${text(workers)}`,
    `  sources  ${text(sources)}`,
  ].join('\n');
}
