import type { Cursor } from '../../model/source.js';
import type { Store } from '../database.js';

/** Registers new sources as never checked. Can be repeated. */
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

/** How far earlier runs, and the stored pages of this run, have read each part. */
export async function positionsOf(store: Store, run: string, source: string): Promise<Map<string, Cursor>> {
  const known = await store.positions.find({ _id: { $gte: `${source}/`, $lt: `${source}0` } }).toArray();
  return new Map([
    ...known.map(({ part, at }): [string, Cursor] => [part, at]),
    ...(await reachedBy(store, run, source)),
  ]);
}

/** Stores how far one listing's pages go, by part. The caller must have stored all their records. */
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
 * Removes the positions of a growing source: its next run starts from the beginning, and recognizes stored records by their ids.
 * Returns how many parts (files) had a position. A run that is under way stores its positions again when it ends.
 */
export async function removePositions(store: Store, source: string): Promise<number> {
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
