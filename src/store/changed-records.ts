import type { Store } from './database.js';

/** The index that tells which records have changed. */
export const CHANGED = { dirty: 1, _id: 1 } as const;

/** Changed records in one transaction: at least as many as make a lane worth having, at most what is held in memory. */
const BATCH = { least: 100, most: 300 };
/** Ids of changed records that are read at a time: the index walks over those that were settled lately, each time. */
const LIST = 10_000;

/** Ids of changed records, a batch at a time, to whichever lane comes first. */
export class Waiting {
  /** Something was left behind: look again from the beginning. What comes meanwhile is followed by a merge of its own. */
  left = false;
  /** How many lanes are worth having. */
  readonly lanes: number;
  private readonly batch: number;
  private last: string | undefined;
  private isLast: boolean;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly store: Store,
    private ids: string[],
    mostLanes: number,
  ) {
    this.lanes = Math.min(mostLanes, Math.ceil(ids.length / BATCH.least));
    this.batch = Math.min(BATCH.most, Math.ceil(ids.length / this.lanes));
    this.isLast = ids.length < LIST;
  }

  static async open(store: Store, mostLanes: number): Promise<Waiting> {
    return new Waiting(store, await changedIds(store, LIST), mostLanes);
  }

  /** None: nothing more is waiting. */
  next(): Promise<string[]> {
    // One lane asks at a time.
    const next = this.turn.then(() => this.take());
    this.turn = next.catch(() => {});
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

/** Ids of up to `limit` changed records beyond `after`, in order. Told by an index alone. */
export async function changedIds(store: Store, limit: number, after?: string): Promise<string[]> {
  const beyond = after === undefined ? {} : { _id: { $gt: after } };
  const found = await store.records
    .find({ dirty: true, ...beyond }, { projection: { _id: 1 }, hint: CHANGED, sort: { _id: 1 }, limit })
    .batchSize(limit + 1)
    .toArray();
  return found.map(({ _id }) => _id);
}
