import type { Store } from './database.js';

/** What is remembered of a source between runs. */
export interface SourceDoc {
  _id: string;
  vendor: string;
  /** When a run last asked it; 1970 for never. */
  last_checked: Date;
  last_run?: string;
  /** The last run that saw its whole listing. */
  last_complete?: { run: string; at: Date; records: number };
}

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
