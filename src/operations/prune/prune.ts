import type { Pruned } from './pruned.js';
import type { Filter } from 'mongodb';
import type { SourceRegistry } from '../../sources/loading/registry.js';
import type { AnySource } from '../../model/source.js';
import { markUnusedBodies, removeMarkedBodies } from './unused-bodies.js';
import type { Store } from '../../store/database.js';
import { removeIds } from '../../store/collections/page-ids.js';
import type { PageDoc } from '../../store/documents/pages.js';
import { keepersOf, type Keepers } from './keepers.js';
import type { RawClaim } from '../../store/raw-claim.js';

export interface PruneOptions {
  /** Pages younger than this are kept. */
  keepDays: number;
  now?: Date;
  /** Counts, and removes nothing. */
  dryRun?: boolean;
  /** Ends after the batch under way when this long has passed, milliseconds; the next call goes on. */
  budgetMs?: number;
  /** Also looks for bodies that never got a page: reads all their ids. */
  orphans?: boolean;
  /** How long a body has to be unused before it goes; see `bodies-unused.ts`. */
  graceMs?: number;
  signal?: AbortSignal;
  /** What keeps a backup from reading bodies that are being removed. */
  claim?: RawClaim;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const BATCH = 500;

type Candidate = Pick<PageDoc, '_id' | 'run' | 'digest'>;

/**
 * Removes raw pages that are older than `keepDays` and that nothing needs: see `prune-keepers.ts`. Can be repeated, cut short
 * anywhere, and run twice at once; workers may write all the while.
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
  const cutoff = new Date(now.getTime() - keepDays * DAY_MS);
  const names = (await store.pages.distinct('source')) as string[];
  // What an earlier call found unused goes first: it frees the most.
  if (!dryRun) await removeMarkedBodies(store, names, new Date(now.getTime() - graceMs), pruned, spent, options.claim);
  const definitions = new Map<string, AnySource>(sources.all().map((source) => [source.name, source]));
  for (const name of names) {
    const keepers = await keepersOf(store, name, definitions.get(name)?.listing, cutoff);
    for await (const batch of candidates(store, name, cutoff, keepers)) {
      const unused = await markUnusedBodies(store, names, batch, dryRun ? undefined : now);
      // The marks first: a call that is cut short here leaves no body that nobody looks for.
      if (!dryRun) await removePages(store, batch, now);
      pruned.pages += batch.length;
      pruned.unused += unused;
      if (spent()) return pruned;
    }
  }
  if (options.orphans) pruned.unused += await doomOrphans(store, names, dryRun ? undefined : now, spent);
  return pruned;
}

async function removePages(store: Store, pages: readonly Candidate[], now: Date): Promise<void> {
  // Whoever recounts these runs is to know that they are no longer whole.
  const runs = [...new Set(pages.map(({ run }) => run))];
  await store.runs.updateMany({ _id: { $in: runs } }, { $set: { pruned_at: now } });
  const ids = pages.map(({ _id }) => _id);
  const split = await store.pages.distinct('_id', { _id: { $in: ids }, 'outcome.split': true });
  await removeIds(store, split);
  await store.pages.deleteMany({ _id: { $in: ids } });
}

/** Old pages of a source that nothing needs, oldest first, in batches. */
async function* candidates(
  store: Store,
  source: string,
  cutoff: Date,
  { pages: kept, runs, unread }: Keepers,
): AsyncGenerator<Candidate[]> {
  const old: Filter<PageDoc> = { source, fetched_at: { $lt: cutoff }, run: { $nin: [...runs] } };
  // Rows that nobody has read yet, and that would not come again.
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

/** Bodies without a page: their attempt died in between, or a call of `pruneRaw` did. */
async function doomOrphans(
  store: Store,
  names: readonly string[],
  now: Date | undefined,
  spent: () => boolean,
): Promise<number> {
  let orphans = 0;
  let batch: { digest: string }[] = [];
  const look = async () => {
    orphans += await markUnusedBodies(store, names, batch, now);
    batch = [];
  };
  const ids = store.bodies.find({}, { projection: { _id: 1 }, hint: { _id: 1 } }).sort({ _id: 1 });
  for await (const { _id } of ids.batchSize(10_000)) {
    const digest = _id.slice(0, 64);
    if (batch.at(-1)?.digest === digest) continue;
    if (batch.push({ digest }) < BATCH) continue;
    await look();
    if (spent()) return orphans;
  }
  await look();
  return orphans;
}
