import type { Store } from '../store/database.js';
import { buildKeyIndex, startKeyIndex } from '../store/key-index.js';
import { MergeWorkers } from './workers.js';
import { LeaseLost, type Lease } from '../store/collections/leases.js';
import { addMerged, NOTHING_MERGED, type Merged } from './merged.js';
import { mergeOneByOne } from './merge-one-by-one.js';
import { mergeParts } from './plan/merge-parts.js';
import { anyUnmerged, planMerge } from './plan/plan.js';
import { MERGE_LEASES, withMergeLeases } from './leases.js';
import { changedIds, ChangedRecordQueue } from '../store/changed-records.js';

export interface MergeResult extends Merged {
  /** Changed records are left, so the caller must call again. */
  more: boolean;
  /** Number of records that could not be merged and were set aside, see `set-aside.ts`. */
  aside: number;
  /** Parts of a plan are left, which the caller merges with `mergeParts` before it calls again. */
  parts: number;
}

export interface Draining {
  /** The same for all attempts of one activity, so that an attempt after a crash takes over the lease without waiting. */
  holder: string;
  /** The run or command that the hosts' history names as the cause. */
  run: string;
  signal?: AbortSignal;
  budgetMs?: number;
  /** Leaves the parts of a plan to the caller. Without it, they are merged in this process. */
  leaveParts?: boolean;
  /** Called after each batch. */
  onBatch?: (sum: MergeResult) => void;
  /** Called with the ids of records that were set aside. */
  onAside?: (records: readonly string[]) => void;
}

const NEVER = new AbortController().signal;

/**
 * Merges changed records of all sources into hosts until none is left or the budget is used. Only one merge runs at a time: a
 * second one waits for the leases, and then usually finds no changed records. Records that cannot be merged are set aside, and
 * the merge continues.
 */
export async function mergeChanged(
  store: Store,
  { holder, run, signal = NEVER, budgetMs = Infinity, leaveParts = false, onBatch, onAside }: Draining,
): Promise<MergeResult> {
  const sum: MergeResult = { ...NOTHING_MERGED, more: false, aside: 0, parts: 0 };
  const started = Date.now();
  const stopped = () => signal.aborted;

  const drain = async (queue: ChangedRecordQueue, workers: MergeWorkers, worker: number, lease: Lease) => {
    for (;;) {
      const ids = await queue.next();
      if (ids.length === 0) return;
      const batch = await mergeOneByOne(store, lease, { ids, workers, worker, run });
      queue.left ||= batch.left;
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
  const isOver = async () => stopped() || ((await changedIds(store, 1)).length === 0 && !(await anyUnmerged(store)));
  const mergePlanned = async () => {
    const before = { ...sum };
    await mergeParts(store, { run, share: { index: 0, of: 1 } }, signal, (merged) => {
      Object.assign(sum, before);
      addMerged(sum, merged);
      onBatch?.(sum);
    });
  };
  /** Returns whether the merge is finished. It cannot continue without the index on keys. */
  const drainAll = async (leases: readonly Lease[]) => {
    for (let parts = await planMerge(store, leases); parts > 0; parts = await planMerge(store, leases)) {
      startKeyIndex(store);
      if (leaveParts) sum.parts = parts;
      else await mergePlanned();
      sum.more = leaveParts || stopped();
      if (sum.more) return true;
    }
    if (!indexed) return 'no index';
    const queue = await ChangedRecordQueue.open(store, MERGE_LEASES.length);
    const workers = new MergeWorkers();
    const working = leases.slice(0, queue.workerCount);
    const drained = await Promise.allSettled(working.map((lease, worker) => drain(queue, workers, worker, lease)));
    const failed = drained.find((result) => result.status === 'rejected');
    if (failed && !(failed.reason instanceof LeaseLost)) throw failed.reason;
    return (!failed && !queue.left) || sum.more || stopped();
  };

  // Built without the leases, which would expire meanwhile. The first merge plans before it needs the index.
  let indexed = (await store.hosts.findOne({}, { projection: { _id: 1 } })) !== null;
  if (indexed) await buildKeyIndex(store);
  for (;;) {
    const ended = await withMergeLeases(store, holder, drainAll, isOver);
    if (ended !== false && ended !== 'no index') return sum;
    if (!indexed) await buildKeyIndex(store);
    indexed = true;
  }
}
