import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession } from 'mongodb';
import { Failure } from '../model/failure.js';
import type { Store } from './database.js';
import { fenceLease, LeaseLost, releaseLease, takeLease } from './collections/leases.js';

/** The lease that a backup, erasing, pruning and resealing need, so that only one of them runs at a time. */
const RAW = 'raw-pages';
/** The lease of a process that died expires after this time. */
const TTL_MS = 60_000;
const POLL_MS = 500;
/** In a holder's name, the text after this separator makes the name unique. Users do not see that text. */
const MARK = ' #';

export interface LeaseOptions {
  /** How long to wait for another holder. */
  patienceMs?: number;
  /** Called once with the other holder's name if there is a wait. */
  onWait?: (holder: string) => void;
}

/** Passed to `work` while it owns the lease. */
export interface RawLease {
  /**
   * Throws `Failure` if another process took over the lease, because this process did not renew it in time. In a transaction,
   * the error aborts the transaction.
   */
  fence: (session?: ClientSession) => Promise<void>;
}

/**
 * Calls `work` while this process owns the lease, so that no other process reads all raw bodies or replaces any. `what` is the
 * name of the command or activity in messages. Throws `Failure` with the other holder's name if the other holder does not
 * finish in time.
 */
export async function withRawLease<T>(
  store: Store,
  what: string,
  work: (lease: RawLease) => Promise<T>,
  { patienceMs = 5_000, onWait }: LeaseOptions = {},
): Promise<T> {
  const holder = `${what}, process ${process.pid} on ${hostname()}${MARK}${randomUUID()}`;
  const until = Date.now() + patienceMs;
  let lease = await takeLease(store, RAW, holder, TTL_MS);
  for (let isReported = false; !lease; isReported = true) {
    const other = await holderOf(store);
    if (!isReported && other) onWait?.(other.holder);
    if (Date.now() >= until) throw inUse(what, other);
    await sleep(POLL_MS);
    lease = await takeLease(store, RAW, holder, TTL_MS);
  }
  const own = lease;
  const fence = async (session?: ClientSession) => {
    try {
      await fenceLease(store, own, TTL_MS, session);
    } catch (error) {
      if (error instanceof LeaseLost) throw lost(what, await holderOf(store));
      throw error;
    }
  };
  // Errors of a renewal are ignored: the next renewal follows soon, and if the lease was lost, `work` gets the error from
  // `fence`.
  const renewing = setInterval(() => void fence().catch(() => {}), TTL_MS / 4);
  try {
    return await work({ fence });
  } finally {
    clearInterval(renewing);
    await releaseLease(store, own).catch(() => {}); // the lease expires
  }
}

/** The current holder, and when its lease expires unless it is renewed. */
async function holderOf(store: Store): Promise<{ holder: string; until: Date } | undefined> {
  const lease = await store.leases.findOne({ _id: RAW });
  return lease?.holder ? { holder: lease.holder.split(MARK)[0]!, until: lease.expires_at } : undefined;
}

type Other = Awaited<ReturnType<typeof holderOf>>;

function inUse(what: string, other: Other): Failure {
  const { holder, until } = other ?? { holder: 'another process', until: new Date() };
  return new Failure('settings-invalid', `${what} has to wait: the raw pages are in use by ${holder}`, {
    remedy: `Try again when it has finished. If that process has died, its lease expires at ${until.toISOString()}`,
  });
}

function lost(what: string, other: Other): Failure {
  const by = other ? ` by ${other.holder}` : '';
  return new Failure(
    'settings-invalid',
    `${what} did not respond for a minute, and the raw pages were taken over${by}`,
    {
      remedy: 'Nothing is left half done: run the command again',
    },
  );
}
