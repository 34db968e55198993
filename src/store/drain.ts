import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from './database.js';
import { Lanes } from './lanes.js';
import { LeaseLost, releaseLease, takeLease, type Lease } from './leases.js';
import { LEASE_TTL_MS, mergeBatch, type Merged } from './merge.js';
import { Waiting } from './waiting.js';

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

  const drain = async (waiting: Waiting, lanes: Lanes, lane: number, lease: Lease) => {
    for (;;) {
      const ids = await waiting.next();
      if (ids.length === 0) return;
      const batch = await mergeBatch(store, lease, { ids, lanes, lane, run });
      waiting.left ||= batch.left;
      for (const count of ['settled', 'resolved', 'created', 'changed', 'removed'] as const) sum[count] += batch[count];
      onBatch?.(sum);
      if (stopped() || Date.now() - started > budgetMs) {
        sum.more = true;
        return;
      }
    }
  };

  while (!stopped() && !sum.more) {
    const waiting = await Waiting.open(store, LANES.length);
    if (waiting.lanes === 0) break;
    const leases = await takeAll(store, holder);
    if (!leases) {
      // Not all at the same moment: two that each took one lane would do so for ever.
      await sleep(POLL_MS * (0.5 + Math.random()));
      continue;
    }
    const lanes = new Lanes();
    const working = leases.slice(0, waiting.lanes);
    const drained = await Promise.allSettled(working.map((lease, lane) => drain(waiting, lanes, lane, lease)));
    // A lease that cannot be given back runs out by itself.
    await Promise.allSettled(leases.map((lease) => releaseLease(store, lease)));
    const failed = drained.find((result) => result.status === 'rejected');
    if (failed && !(failed.reason instanceof LeaseLost)) throw failed.reason;
    if (!failed && !waiting.left) break;
  }
  return sum;
}

/** The leases of all lanes, or none of them. */
async function takeAll(store: Store, holder: string): Promise<Lease[] | undefined> {
  const asked = await Promise.all(LANES.map((id) => takeLease(store, id, holder, LEASE_TTL_MS)));
  const taken = asked.filter((lease) => lease !== undefined);
  if (taken.length === LANES.length) return taken;
  await Promise.all(taken.map((lease) => releaseLease(store, lease)));
  return undefined;
}
