import type { Cursor } from '../../model/source.js';
import type { Store } from '../database.js';

/** Registers sources that are not known yet, never checked. Can be repeated. */
export async function seedSources(store: Store, sources: readonly { name: string; vendor: string }[]): Promise<void> {
  if (sources.length === 0) return;
  await store.sources.bulkWrite(
    sources.map(({ name, vendor }) => ({
      updateOne: {
        filter: { _id: name },
        update: { $setOnInsert: { last_checked: new Date(0) }, $set: { vendor } },
        upsert: true,
      },
    })),
  );
}

/** How far each part has been read: by the runs before, and by the pages that this one has stored. */
export async function positionsOf(store: Store, run: string, source: string): Promise<Map<string, Cursor>> {
  const known = await store.positions.find({ _id: { $gte: `${source}/`, $lt: `${source}0` } }).toArray();
  return new Map([
    ...known.map(({ part, at }): [string, Cursor] => [part, at]),
    ...(await reachedBy(store, run, source)),
  ]);
}

/** Remembers how far one listing's pages go, part by part. To be called when all their records are stored. */
export async function keepPositions(store: Store, run: string, source: string): Promise<void> {
  const reached = await reachedBy(store, run, source);
  if (reached.size === 0) return;
  await store.positions.bulkWrite(
    [...reached].map(([part, at]) => ({
      replaceOne: { filter: { _id: `${source}/${part}` }, replacement: { source, part, at, run }, upsert: true },
    })),
    { ordered: false },
  );
}

/**
 * Forgets how far a source that only grows has been read: its next run begins anew, and recognises what it has had by its ids.
 * Returns how many parts (files) were known. What a run under way keeps at its end comes back.
 */
export async function forgetPositions(store: Store, source: string): Promise<number> {
  const known = { _id: { $gte: `${source}/`, $lt: `${source}0` } };
  return (await store.positions.deleteMany(known)).deletedCount;
}

async function reachedBy(store: Store, run: string, source: string): Promise<Map<string, Cursor>> {
  const reached = new Map<string, Cursor>();
  const pages = store.pages
    .find({ run, source, position: { $exists: true } }, { projection: { position: 1 } })
    .sort({ seq: 1 });
  for await (const { position } of pages) reached.set(position!.part, position!.at);
  return reached;
}
