import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from './database.js';
import { Lanes } from './lanes.js';
import { LeaseLost, releaseLease, takeLease, type Lease } from './leases.js';
import { LEASE_TTL_MS, mergeBatch, type Merged } from './merge.js';

export interface MergeResult extends Omit<Merged, 'blocked'> {
  /** Changed records are left: come again. */
  more: boolean;
}

export interface Draining {
  /** Stable over attempts: one that is made after a crash takes the dead attempt's lease at once. */
  holder: string;
  /** What the history names as the cause: a run, or a command. */
  run: string;
  signal?: AbortSignal;
  budgetMs?: number;
  /** Told after each batch. */
  onBatch?: (sum: MergeResult) => void;
}

/** One lane reads and resolves while the other one's writes are being acknowledged. */
const LANES = ['merge:hosts:0', 'merge:hosts:1'];
const BATCH = 500;
const POLL_MS = 250;

/**
 * Merges changed records of all sources into hosts until none is left or the budget is used. One merge at a time: a second
 * one waits for the lease, and by the time it has it there is usually nothing left to do.
 */
export async function mergeChanged(
  store: Store,
  { holder, run, signal, budgetMs = Infinity, onBatch }: Draining,
): Promise<MergeResult> {
  const sum: MergeResult = { settled: 0, resolved: 0, created: 0, changed: 0, removed: 0, more: false };
  const started = Date.now();
  const stopped = () => signal?.aborted === true;

  const drain = async (lanes: Lanes, lane: number, lease: Lease) => {
    // Asked outside of a transaction: one that finds nothing has to be committed all the same.
    while (await isAnythingLeft(store)) {
      const merged = await mergeBatch(store, lease, { limit: BATCH, lanes, lane, run });
      if (merged.blocked) await lanes.freed();
      else if (merged.settled === 0) return;
      for (const count of ['settled', 'resolved', 'created', 'changed', 'removed'] as const)
        sum[count] += merged[count];
      onBatch?.(sum);
      if (stopped() || Date.now() - started > budgetMs) {
        sum.more = true;
        return;
      }
    }
  };

  while (!stopped()) {
    const leases = await takeAll(store, holder);
    if (!leases) {
      if (!(await isAnythingLeft(store))) break;
      await sleep(POLL_MS);
      continue;
    }
    const lanes = new Lanes();
    // What fits into one batch is one lane's work: the other one would only read it too.
    const few = (await store.records.countDocuments({ dirty: true }, { limit: BATCH + 1 })) <= BATCH;
    const working = few ? leases.slice(0, 1) : leases;
    const drained = await Promise.allSettled(working.map((lease, lane) => drain(lanes, lane, lease)));
    // A lease that cannot be given back runs out by itself.
    await Promise.allSettled(leases.map((lease) => releaseLease(store, lease)));
    const failed = drained.find((result) => result.status === 'rejected');
    if (!failed) break;
    if (!(failed.reason instanceof LeaseLost)) throw failed.reason;
  }
  return sum;
}

async function isAnythingLeft(store: Store): Promise<boolean> {
  return (
    (await store.records.findOne({ dirty: true }, { projection: { _id: 1 }, hint: { dirty: 1, _id: 1 } })) !== null
  );
}

/** The leases of all lanes, or none of them. */
async function takeAll(store: Store, holder: string): Promise<Lease[] | undefined> {
  const leases: Lease[] = [];
  for (const id of LANES) {
    const lease = await takeLease(store, id, holder, LEASE_TTL_MS);
    if (!lease) {
      await Promise.all(leases.map((taken) => releaseLease(store, taken)));
      return undefined;
    }
    leases.push(lease);
  }
  return leases;
}
