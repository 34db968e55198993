import { normalizedHost } from '../../src/normalize/normalized-host.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { identityKeys } from '../../src/host/identity/keys.js';
import { mapDevice } from '../../src/sources/crowdstrike/device.js';
import { mapHostAsset } from '../../src/sources/qualys/host-asset.js';
import { mapAsset } from '../../src/sources/tenable/asset.js';
import type { Mapped } from '../../src/model/source.js';
import { locateBinary } from '../../src/servers/programs/locate.js';
import { startMongod } from '../../src/servers/mongod.js';
import { freePort } from '../../src/servers/ports.js';
import { openStore, type Store } from '../../src/store/database.js';
import { mergeChanged } from '../../src/merge/drain.js';
import { putRecords, type NormalizedRecord } from '../../src/store/collections/records.js';
import { fleet } from './fleet/fleet.js';
import type { SourceName } from './fleet/machine.js';
import type { Rates } from './fleet/rates.js';

/** Time and counts of merging some changed records into MongoDB. */
export interface MergingFigures {
  hosts: number;
  phase: 'new' | '1 % changed' | '100 % changed';
  changed: number;
  changed_per_second: number;
  /** Records that the merge resolves again, per changed record. */
  resolved_per_changed: number;
  seconds: number;
  rss_mb: number;
}

const MAP: Record<SourceName, (raw: unknown) => Mapped> = {
  qualys: mapHostAsset,
  crowdstrike: mapDevice,
  tenable: mapAsset,
};
const BATCH = 1_000;
/** mongod's default cache size: half of the memory minus one gigabyte. */
const CACHE_GB = Math.max(1, (totalmem() / 2 ** 30 - 1) / 2);

/**
 * Merges a fleet into a fresh mongod: first all records, then every hundredth record changed (the median of five times), then
 * every record changed.
 */
export async function measureMerging(hosts: number, seed: number, rates: Rates): Promise<MergingFigures[]> {
  const dir = mkdtempSync(join(tmpdir(), 'rollcall-merging-'));
  const { path: binary } = await locateBinary('mongod', { notify: () => {} });
  const mongod = await startMongod({ dbPath: join(dir, 'mongod'), port: await freePort(), binary, cacheGB: CACHE_GB });
  const store = await openStore({ uri: mongod.uri, database: 'merging', hostsCollection: 'hosts' });
  try {
    const figures: MergingFigures[] = [];
    for (const [phase, every, times] of PHASES) {
      const measured: MergingFigures[] = [];
      for (let time = 0; time < times; time += 1) {
        await put(store, fleet(seed, hosts, rates), every, phase === 'new' ? undefined : `${phase} ${time}`);
        const started = performance.now();
        const { records, resolved } = await mergeChanged(store, { holder: 'bench', run: phase });
        const seconds = (performance.now() - started) / 1_000;
        measured.push({
          hosts,
          phase,
          changed: records,
          changed_per_second: Math.round(records / seconds),
          resolved_per_changed: Math.round((100 * resolved) / records) / 100,
          seconds: Math.round(seconds * 100) / 100,
          rss_mb: Math.round(process.memoryUsage.rss() / 1_048_576),
        });
      }
      measured.sort((x, y) => x.changed_per_second - y.changed_per_second);
      figures.push(measured[Math.floor(times / 2)]!);
    }
    return figures;
  } finally {
    await store.close();
    await mongod.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Short merges are repeated and the median counts, because MongoDB still writes the load during the first one. */
const PHASES = [
  ['new', 1, 1],
  ['1 % changed', 100, 5],
  ['100 % changed', 1, 1],
] as const;

/** Stores every `every`-th record of the fleet with a tag that changes its content. */
async function put(
  store: Store,
  sightings: ReturnType<typeof fleet>,
  every: number,
  tag: string | undefined,
): Promise<void> {
  const waiting = new Map<SourceName, NormalizedRecord[]>();
  const write = async (source: SourceName) => {
    const records = waiting.get(source)!;
    waiting.set(source, []);
    const origin = { source, vendor: source, page: `${source}/${tag ?? ''}`, run: 'bench', observedAt: new Date() };
    await putRecords(store, origin, records, tag !== undefined);
  };
  let at = 0;
  for (const { source, raw } of sightings) {
    if (at++ % every !== 0) continue;
    const { id, observation } = MAP[source](JSON.parse(JSON.stringify(raw)));
    if (tag !== undefined) observation.tags = [...observation.tags, tag];
    const keys = identityKeys(source, id, observation);
    const records = waiting.get(source) ?? [];
    waiting.set(source, records);
    records.push(normalizedHost({ id: `${source}:${id}`, vendor: source, observation, keys }));
    if (records.length === BATCH) await write(source);
  }
  for (const source of waiting.keys()) await write(source);
}

export function mergingTable(figures: readonly MergingFigures[]): string {
  const table = new Table({
    head: ['merging', 'changed records', 'seconds', 'changed/s', 'resolved per changed', 'RSS MB'],
    style: { head: [], border: [] },
  });
  for (const { phase, changed, seconds, changed_per_second, resolved_per_changed, rss_mb } of figures)
    table.push([phase, changed, seconds, changed_per_second, resolved_per_changed, rss_mb]);
  return table.toString();
}
