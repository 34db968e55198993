import type { CountDocumentsOptions } from 'mongodb';
import type { Store } from './database.js';

/** The index of changed records. */
export const CHANGED = { dirty: 1, _id: 1 } as const;

/**
 * Number of changed records in one transaction. Fewer than `least` do not justify another merge worker; `most` limits memory.
 */
const BATCH = { least: 100, most: 300 };
/**
 * Number of ids in one read. Each read also scans the index entries of recently merged records, so a few large reads are
 * cheaper.
 */
const LIST = 10_000;

/** The changed-record queue: hands out ids in batches to the merge workers. */
export class ChangedRecordQueue {
  /**
   * Set when a merge worker leaves records unmerged. The caller then reads the changed records again from the beginning. A
   * record that changes in the meantime starts its own merge.
   */
  left = false;
  /** Number of merge workers that the queue's length justifies. */
  readonly workerCount: number;
  private readonly batch: number;
  private last: string | undefined;
  private isLast: boolean;
  private taking: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly store: Store,
    private ids: string[],
    mostWorkers: number,
  ) {
    this.workerCount = Math.min(mostWorkers, Math.ceil(ids.length / BATCH.least));
    this.batch = Math.min(BATCH.most, Math.ceil(ids.length / this.workerCount));
    this.isLast = ids.length < LIST;
  }

  static async open(store: Store, mostWorkers: number): Promise<ChangedRecordQueue> {
    return new ChangedRecordQueue(store, await changedIds(store, LIST), mostWorkers);
  }

  /** Returns the next batch of ids; an empty list when the queue is empty. */
  next(): Promise<string[]> {
    // Concurrent calls run one after the other, so that two workers never get the same ids.
    const next = this.taking.then(() => this.take());
    this.taking = next.catch(() => {});
    return next;
  }

  private async take(): Promise<string[]> {
    if (this.ids.length === 0 && !this.isLast) {
      this.ids = await changedIds(this.store, LIST, this.last);
      this.isLast = this.ids.length < LIST;
    }
    const batch = this.ids.splice(0, this.batch);
    this.last = batch.at(-1);
    return batch;
  }
}

/** Ids of up to `limit` changed records after `after`, in order. Reads only the index. */
export async function changedIds(store: Store, limit: number, after?: string): Promise<string[]> {
  const beyond = after === undefined ? {} : { _id: { $gt: after } };
  const found = await store.records
    .find({ dirty: true, ...beyond }, { projection: { _id: 1 }, hint: CHANGED, sort: { _id: 1 }, limit })
    .batchSize(limit + 1)
    .toArray();
  return found.map(({ _id }) => _id);
}

/** Number of records that wait to be merged. Reads only indexes. */
export async function countUnmerged(store: Store, options: CountDocumentsOptions = {}): Promise<number> {
  const [changed, [first]] = await Promise.all([
    store.records.countDocuments({ dirty: true }, { ...options, hint: CHANGED }),
    store.pages
      .aggregate<{ records: number }>(
        [
          { $match: { 'unmerged.plan': { $exists: true } } },
          { $group: { _id: null, records: { $sum: '$unmerged.records' } } },
        ],
        options,
      )
      .toArray(),
  ]);
  return changed + (first?.records ?? 0);
}
