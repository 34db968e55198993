import type { Store } from '../store/database.js';
import { MergeWorkers } from './workers.js';
import { LeaseLost, type Lease } from '../store/collections/leases.js';
import { addMerged, NOTHING_MERGED, type Merged } from './merge-batch.js';
import { mergeApart } from './merge-one-by-one.js';
import { MERGE_LEASES, withMergeLeases } from './leases.js';
import { changedIds, Waiting } from '../store/changed-records.js';

export interface MergeResult extends Merged {
  /** Changed records are left: come again. */
  more: boolean;
  /** Records that could not be merged and were set aside, see `set-aside.ts`. */
  aside: number;
}

export interface Draining {
  /** Stable over attempts: one that is made after a crash takes the dead attempt's lease at once. */
  holder: string;
  /** What the history names as the cause: a run, or a command. */
  run: string;
  signal?: AbortSignal;
  budgetMs?: number;
  /** Called after each batch. */
  onBatch?: (sum: MergeResult) => void;
  /** Called with the ids of records that were set aside. */
  onAside?: (records: readonly string[]) => void;
}

/**
 * Merges changed records of all sources into hosts until none is left or the budget is used. One merge at a time: a second
 * one waits for the lease, and by the time it has it there is usually nothing left to do. Records that cannot be merged are
 * set aside, and end nothing.
 */
export async function mergeChanged(
  store: Store,
  { holder, run, signal, budgetMs = Infinity, onBatch, onAside }: Draining,
): Promise<MergeResult> {
  const sum: MergeResult = { ...NOTHING_MERGED, more: false, aside: 0 };
  const started = Date.now();
  const stopped = () => signal?.aborted === true;

  const drain = async (waiting: Waiting, lanes: MergeWorkers, lane: number, lease: Lease) => {
    for (;;) {
      const ids = await waiting.next();
      if (ids.length === 0) return;
      const batch = await mergeApart(store, lease, { ids, lanes, lane, run });
      waiting.left ||= batch.left;
      addMerged(sum, batch);
      sum.aside += batch.aside.length;
      if (batch.aside.length > 0) onAside?.(batch.aside);
      onBatch?.(sum);
      if (stopped() || Date.now() - started > budgetMs) {
        sum.more = true;
        return;
      }
    }
  };
  const isOver = async () => stopped() || (await changedIds(store, 1)).length === 0;
  /** Returns whether there is nothing to come back to. */
  const drainAll = async (leases: readonly Lease[]) => {
    const waiting = await Waiting.open(store, MERGE_LEASES.length);
    const lanes = new MergeWorkers();
    const working = leases.slice(0, waiting.lanes);
    const drained = await Promise.allSettled(working.map((lease, lane) => drain(waiting, lanes, lane, lease)));
    const failed = drained.find((result) => result.status === 'rejected');
    if (failed && !(failed.reason instanceof LeaseLost)) throw failed.reason;
    return (!failed && !waiting.left) || sum.more || stopped();
  };

  while ((await withMergeLeases(store, holder, drainAll, isOver)) === false);
  return sum;
}
