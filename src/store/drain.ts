import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from './database.js';
import { Lanes } from './lanes.js';
import { LeaseLost, releaseLease, takeLease, type Lease } from './leases.js';
import { LEASE_TTL_MS, mergeBatch, type Merged, type MergedBatch } from './merge.js';

export interface MergeResult extends Merged {
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

/** One lane resolves while another one's reads are under way and a third one's writes are being acknowledged. */
const LANES = ['merge:hosts:0', 'merge:hosts:1', 'merge:hosts:2'];
/** Changed records in one transaction: so few that a lane is worth having, and so many that its memory stays small. */
const BATCH = { least: 100, most: 500 };
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

  const drain = async (lanes: Lanes, lane: number, lease: Lease, limit: number, alone: boolean) => {
    // What comes while the last batch is merged is followed by a merge of its own; what another lane let go of is not. Asked
    // outside of a transaction: one that finds nothing has to be committed all the same.
    const isMore = async ({ full }: MergedBatch) => full || (!alone && (await isAnythingLeft(store)));
    let batch: MergedBatch | undefined;
    while (batch === undefined || (await isMore(batch))) {
      batch = await mergeBatch(store, lease, { limit, lanes, lane, run });
      if (batch.blocked) await lanes.freed();
      else if (batch.settled === 0) return;
      for (const count of ['settled', 'resolved', 'created', 'changed', 'removed'] as const) sum[count] += batch[count];
      onBatch?.(sum);
      if (stopped() || Date.now() - started > budgetMs) {
        sum.more = true;
        return;
      }
    }
  };

  while (!stopped()) {
    const waiting = await store.records.countDocuments({ dirty: true }, { limit: LANES.length * BATCH.most });
    if (waiting === 0) break;
    const leases = await takeAll(store, holder);
    if (!leases) {
      // Not all at the same moment: two that each took one lane would do so for ever.
      await sleep(POLL_MS * (0.5 + Math.random()));
      continue;
    }
    const lanes = new Lanes();
    const working = leases.slice(0, Math.ceil(waiting / BATCH.least));
    const limit = Math.ceil(waiting / working.length);
    const drained = await Promise.allSettled(
      working.map((lease, lane) => drain(lanes, lane, lease, limit, working.length === 1)),
    );
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
  const asked = await Promise.all(LANES.map((id) => takeLease(store, id, holder, LEASE_TTL_MS)));
  const taken = asked.filter((lease) => lease !== undefined);
  if (taken.length === LANES.length) return taken;
  await Promise.all(taken.map((lease) => releaseLease(store, lease)));
  return undefined;
}
