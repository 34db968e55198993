import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../src/model/failure.js';
import { locateBinary } from '../src/servers/programs/locate.js';
import { startMongod } from '../src/servers/mongod.js';
import { openStore, type Store } from '../src/store/database.js';
import { prepareSearch, searchHosts } from '../src/search/search.js';
import type { HostQuery } from '../src/search/query.js';
import { seedSources } from '../src/store/collections/sources.js';
import { hostAt } from './search/fleet.js';
import { typedQueries } from './search/queries.js';

export interface MeasuredSearch {
  hosts: number;
  /** Number of texts, as typed. */
  queries: number;
  prepare_seconds: number;
  /** Size of the indexes that a search needs. */
  index_mb: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  /** 95th percentile of each kind of query, filters included. */
  kinds: Record<string, number>;
  /** Number of queries aborted after two seconds. */
  stopped: number;
  slowest: { query: HostQuery; ms: number }[];
}

const BATCH = 2_000;

/** Searches hosts letter by letter, as a user types, in an inventory of a given size. */
export async function measureSearch(hosts: number): Promise<MeasuredSearch> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-search-'));
  const { path: binary } = await locateBinary('mongod', { notify: () => {} });
  const server = await startMongod({ binary, dbPath: dir, cacheGB: 2 });
  try {
    const store = await openStore({ uri: server.uri, database: 'search', hostsCollection: 'hosts' });
    try {
      return await measure(store, hosts);
    } finally {
      await store.close();
    }
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(store: Store, hosts: number): Promise<MeasuredSearch> {
  await seedSources(store, [
    { name: 'qualys', vendor: 'qualys' },
    { name: 'crowdstrike', vendor: 'crowdstrike' },
  ]);
  const created = { at: new Date(), run: 'bench' };
  for (let from = 0; from < hosts; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, hosts - from) }, (_, at) => ({
      ...hostAt(from + at),
      created,
      version: 1,
      updated_at: created.at,
    }));
    await store.hosts.insertMany(batch, { ordered: false });
  }
  const before = await indexMb(store);
  const started = performance.now();
  await prepareSearch(store);
  const prepare_seconds = (performance.now() - started) / 1000;
  const index_mb = (await indexMb(store)) - before;
  return { hosts, prepare_seconds, index_mb, ...(await measureQueries(store, hosts)) };
}

type Queries = Omit<MeasuredSearch, 'hosts' | 'prepare_seconds' | 'index_mb'>;

/** Measures on a store that contains the given number of machines. */
export async function measureQueries(store: Store, hosts: number): Promise<Queries> {
  const taken = new Map<string, number[]>();
  const each: { query: HostQuery; ms: number }[] = [];
  let stopped = 0;
  // The first pass warms the cache of a server that was loaded a moment ago.
  for (const counted of [false, true]) {
    for (const { kind, query } of typedQueries(hosts, counted ? 1 : 2)) {
      const began = performance.now();
      const ended = await searchHosts(store, query, { limit: 20 }).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Failure)) throw error;
          return false;
        },
      );
      if (!counted) continue;
      const ms = performance.now() - began;
      if (!ended) stopped += 1;
      each.push({ query, ms });
      taken.set(kind, [...(taken.get(kind) ?? []), ms]);
    }
  }
  const texts = [...taken].flatMap(([kind, times]) => (kind.includes('filters') ? [] : times));
  const kinds = [...taken].map(([kind, times]) => [kind, percentile(times, 95)] as const);
  return {
    queries: texts.length,
    p50_ms: percentile(texts, 50),
    p95_ms: percentile(texts, 95),
    p99_ms: percentile(texts, 99),
    kinds: Object.fromEntries(kinds.sort((a, b) => b[1] - a[1])),
    stopped,
    slowest: each.sort((a, b) => b.ms - a.ms).slice(0, 5),
  };
}

async function indexMb(store: Store): Promise<number> {
  const [stats] = await store.hosts
    .aggregate<{ mb: number }>([
      { $collStats: { storageStats: {} } },
      { $project: { mb: { $divide: ['$storageStats.totalIndexSize', 1_000_000] } } },
    ])
    .toArray();
  return Math.round(stats!.mb);
}

function percentile(times: readonly number[], percent: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)]!;
}

export function searchText({
  hosts,
  queries,
  prepare_seconds,
  index_mb,
  p50_ms,
  p95_ms,
  p99_ms,
  kinds,
  stopped,
  slowest,
}: MeasuredSearch): string {
  const worst = Object.entries(kinds).map(([kind, ms]) => `${kind} ${ms.toFixed(1)}`);
  return [
    `${queries} texts typed among ${hosts} hosts: p50 ${p50_ms.toFixed(1)} ms, p95 ${p95_ms.toFixed(1)} ms (${p95_ms <= 100 ? 'met' : 'missed'}: ≤ 100), p99 ${p99_ms.toFixed(1)} ms`,
    `  indexes: ${index_mb} MB, built in ${prepare_seconds.toFixed(1)} s`,
    `  p95 in ms by kind: ${worst.join(', ')}`,
    `  aborted after 2 s: ${stopped}; slowest: ${slowest.map(({ query, ms }) => `${JSON.stringify(query)} ${ms.toFixed(0)} ms`).join(', ')}`,
  ].join('\n');
}
