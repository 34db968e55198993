import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '../store/database.js';
import { releaseLease, takeLease, type Lease } from '../store/collections/leases.js';

/** One lease per merge worker. With three, one resolves while another reads and the third waits for its writes. */
export const MERGE_LEASES = ['merge:hosts:0', 'merge:hosts:1', 'merge:hosts:2'];
export const LEASE_TTL_MS = 20_000;
const POLL_MS = 250;

/**
 * Waits until no other process merges, then calls `work` with the leases of all merge workers. Returns `undefined` if `isOver`
 * resolves to `true` first. The transactions of `work` must fence the leases that they use. `holder` must be the same for all
 * attempts of one activity, so that an attempt after a crash takes over the leases without waiting.
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
      // The delay is random. With equal delays, two processes could take one lease each at the same moment again and again,
      // and neither would get all leases.
      await sleep(POLL_MS * (0.5 + Math.random()));
      continue;
    }
    try {
      return await work(leases);
    } finally {
      // A lease that cannot be released expires.
      await Promise.allSettled(leases.map((lease) => releaseLease(store, lease)));
    }
  }
  return undefined;
}

/** Takes all leases, or none. */
async function takeAll(store: Store, holder: string): Promise<Lease[] | undefined> {
  const asked = await Promise.all(MERGE_LEASES.map((id) => takeLease(store, id, holder, LEASE_TTL_MS)));
  const taken = asked.filter((lease) => lease !== undefined);
  if (taken.length === MERGE_LEASES.length) return taken;
  await Promise.all(taken.map((lease) => releaseLease(store, lease)));
  return undefined;
}
