import { Context } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/database.js';
import { Lanes } from '../store/lanes.js';
import { LeaseLost, releaseLease, takeLease, type Lease } from '../store/leases.js';
import { LEASE_TTL_MS, mergeBatch, type Merged } from '../store/merge.js';
import { activityLog, withHeartbeat, type Dependencies } from './context.js';
import { toApplicationFailure } from './failures.js';

export interface MergeInput {
  run: string;
}

export interface MergeResult extends Omit<Merged, 'blocked'> {
  /** Changed records are left: come again. */
  more: boolean;
}

/** One lane reads and resolves while the other one's writes are being acknowledged. */
const LANES = ['merge:hosts:0', 'merge:hosts:1'];
const BATCH = 500;
const BLOCKED_MS = 20;
const BUDGET_MS = 120_000;
const POLL_MS = 250;

/**
 * Merges changed records of all sources into hosts until none is left or the budget is used. One merge at a time: a second
 * one waits for the lease, and by the time it has it there is usually nothing left to do.
 */
export function mergeActivity({ store, log, config }: Dependencies) {
  return async function mergeRecords(input: MergeInput): Promise<MergeResult> {
    const { workflowExecution, activityId } = Context.current().info;
    // Stable over attempts: a retry after a crash takes the dead attempt's lease at once.
    const holder = `${workflowExecution?.workflowId ?? 'local'}/${workflowExecution?.runId ?? ''}/${activityId}`;
    const sum: MergeResult = { settled: 0, created: 0, changed: 0, removed: 0, more: false };
    const signal = Context.current().cancellationSignal;
    const started = Date.now();

    const drain = async (lanes: Lanes, lane: number, lease: Lease) => {
      for (;;) {
        const merged = await mergeBatch(store, lease, { limit: BATCH, lanes, lane, run: input.run });
        if (merged.blocked) await sleep(BLOCKED_MS);
        else if (merged.settled === 0) return;
        for (const count of ['settled', 'created', 'changed', 'removed'] as const) sum[count] += merged[count];
        if (signal.aborted || Date.now() - started > BUDGET_MS) {
          sum.more = true;
          return;
        }
      }
    };

    const work = async () => {
      while (!signal.aborted) {
        const leases = await takeAll(store, holder);
        if (!leases) {
          if ((await store.records.findOne({ dirty: true }, { projection: { _id: 1 } })) === null) return;
          await sleep(POLL_MS);
          continue;
        }
        const lanes = new Lanes();
        const drained = await Promise.allSettled(leases.map((lease, lane) => drain(lanes, lane, lease)));
        // A lease that cannot be given back runs out by itself.
        await Promise.allSettled(leases.map((lease) => releaseLease(store, lease)));
        const failed = drained.find((result) => result.status === 'rejected');
        if (!failed) return;
        if (!(failed.reason instanceof LeaseLost)) throw failed.reason;
      }
    };

    return withHeartbeat(
      () => ({ settled: sum.settled }),
      async () => {
        try {
          await work();
          return sum;
        } catch (error) {
          activityLog(log, input.run).error({ settled: sum.settled, error: (error as Error).name }, 'Merging stopped');
          throw toApplicationFailure(error, { count: 0, since: 0 }, config.patienceMs);
        }
      },
    );
  };
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
