import type { Pruned } from './pruned.js';
import type { Filter } from 'mongodb';
import type { SourceRegistry } from '../../sources/loading/registry.js';
import type { AnySource } from '../../model/source.js';
import { markUnusedBodies, removeMarkedBodies } from './unused-bodies.js';
import type { Store } from '../../store/database.js';
import { removeIds } from '../../store/collections/page-ids.js';
import type { PageDoc } from '../../store/documents/pages.js';
import { retentionCutoff, retentionOf, type Retention } from './retention.js';
import type { RawLease } from '../../store/raw-lease.js';

export interface PruneOptions {
  /** Pages younger than this are kept. */
  keepDays: number;
  now?: Date;
  /** Counts without removing. */
  dryRun?: boolean;
  /** Stops after the current batch when this time has passed, milliseconds. The next call continues. */
  budgetMs?: number;
  /** Also finds bodies whose page was never stored. This reads the ids of all bodies. */
  orphans?: boolean;
  /** How long a body must be unused before it is removed; see `unused-bodies.ts`. */
  graceMs?: number;
  signal?: AbortSignal;
  /** Keeps a backup from reading bodies that are being removed. */
  lease?: RawLease;
}

const HOUR_MS = 3_600_000;
const BATCH = 500;

type Candidate = Pick<PageDoc, '_id' | 'run' | 'digest'>;

/**
 * Removes raw pages that are older than `keepDays` and not needed, see `retention.ts`. Can be repeated, interrupted, and run twice
 * at the same time. Workers may write meanwhile.
 */
export async function pruneRaw(
  store: Store,
  sources: Pick<SourceRegistry, 'all'>,
  options: PruneOptions,
): Promise<Pruned> {
  const {
    keepDays,
    now = await store.clock.now(),
    dryRun = false,
    budgetMs = Infinity,
    graceMs = HOUR_MS,
    signal,
  } = options;
  const pruned: Pruned = { pages: 0, unused: 0, bodies: 0, bytes: 0, more: false };
  const deadline = Date.now() + budgetMs;
  const spent = () => (pruned.more ||= Date.now() >= deadline || signal?.aborted === true);
  const cutoff = retentionCutoff(now, keepDays);
  const names = (await store.pages.distinct('source')) as string[];
  // First removes bodies that an earlier call marked, because that frees the most space.
  if (!dryRun) await removeMarkedBodies(store, names, new Date(now.getTime() - graceMs), pruned, spent, options.lease);
  const definitions = new Map<string, AnySource>(sources.all().map((source) => [source.name, source]));
  for (const name of names) {
    const retained = await retentionOf(store, name, definitions.get(name)?.listing, cutoff);
    for await (const batch of candidates(store, name, cutoff, retained)) {
      const unused = await markUnusedBodies(store, names, batch, dryRun ? undefined : now);
      // Marks bodies before removing pages, so that an interruption leaves no unmarked body without a page.
      if (!dryRun) await removePages(store, batch, now);
      pruned.pages += batch.length;
      pruned.unused += unused;
      if (spent()) return pruned;
    }
  }
  if (options.orphans) pruned.unused += await markOrphans(store, names, dryRun ? undefined : now, spent);
  return pruned;
}

async function removePages(store: Store, pages: readonly Candidate[], now: Date): Promise<void> {
  // `verify` must know that these runs are no longer complete.
  const runs = [...new Set(pages.map(({ run }) => run))];
  await store.runs.updateMany({ _id: { $in: runs } }, { $set: { pruned_at: now } });
  const ids = pages.map(({ _id }) => _id);
  const split = await store.pages.distinct('_id', { _id: { $in: ids }, 'outcome.split': true });
  await removeIds(store, split);
  await store.pages.deleteMany({ _id: { $in: ids } });
}

/** Old pages of a source that are not needed and whose records were merged, the oldest first, in batches. */
async function* candidates(
  store: Store,
  source: string,
  cutoff: Date,
  { pages: kept, runs, unread }: Retention,
): AsyncGenerator<Candidate[]> {
  const old: Filter<PageDoc> = {
    source,
    fetched_at: { $lt: cutoff },
    run: { $nin: [...runs] },
    unmerged: { $exists: false },
  };
  // Keeps pages that were not normalized: their rows would not be received again.
  if (unread) old.$or = [{ outcome: { $exists: true } }, { rows: 0 }];
  const found = store.pages
    .find<Candidate>(old, { projection: { run: 1, digest: 1 } })
    .sort({ fetched_at: 1 })
    .batchSize(BATCH);
  let batch: Candidate[] = [];
  for await (const page of found) {
    if (kept.has(page._id)) continue;
    if (batch.push(page) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * Marks bodies without a page. They come from an attempt that ended before it stored the page, or from an interrupted
 * `pruneRaw`.
 */
async function markOrphans(
  store: Store,
  names: readonly string[],
  now: Date | undefined,
  spent: () => boolean,
): Promise<number> {
  let orphans = 0;
  let batch: { digest: string }[] = [];
  const mark = async () => {
    orphans += await markUnusedBodies(store, names, batch, now);
    batch = [];
  };
  const ids = store.bodies.find({}, { projection: { _id: 1 }, hint: { _id: 1 } }).sort({ _id: 1 });
  for await (const { _id } of ids.batchSize(10_000)) {
    const digest = _id.slice(0, 64);
    if (batch.at(-1)?.digest === digest) continue;
    if (batch.push({ digest }) < BATCH) continue;
    await mark();
    if (spent()) return orphans;
  }
  await mark();
  return orphans;
}
