import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/database.js';
import { releaseLease, takeLease, type Lease } from '../store/collections/leases.js';

/** One lane resolves while another one's reads are under way and a third one's writes are being acknowledged. */
export const MERGE_LEASES = ['merge:hosts:0', 'merge:hosts:1', 'merge:hosts:2'];
export const LEASE_TTL_MS = 20_000;
const POLL_MS = 250;

/**
 * Waits until nobody else merges and calls `work` with the leases of all lanes; `undefined` when `isOver` says so first. The
 * transactions of `work` are to fence the leases that they rely on. `holder` is stable over attempts: one that is made after
 * a crash takes the dead attempt's leases at once.
 */
export async function withMergeLeases<T>(
  store: Store,
  holder: string,
  work: (leases: readonly Lease[]) => Promise<T>,
  isOver: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<T | undefined> {
  while (!(await isOver())) {
    const leases = await takeAll(store, holder);
    if (!leases) {
      // Not all at the same moment: two that each took one lane would do so for ever.
      await sleep(POLL_MS * (0.5 + Math.random()));
      continue;
    }
    try {
      return await work(leases);
    } finally {
      // A lease that cannot be given back runs out by itself.
      await Promise.allSettled(leases.map((lease) => releaseLease(store, lease)));
    }
  }
  return undefined;
}

/** The leases of all lanes, or none of them. */
async function takeAll(store: Store, holder: string): Promise<Lease[] | undefined> {
  const asked = await Promise.all(MERGE_LEASES.map((id) => takeLease(store, id, holder, LEASE_TTL_MS)));
  const taken = asked.filter((lease) => lease !== undefined);
  if (taken.length === MERGE_LEASES.length) return taken;
  await Promise.all(taken.map((lease) => releaseLease(store, lease)));
  return undefined;
}
