import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession } from 'mongodb';
import { Failure } from '../model/failure.js';
import type { Store } from './database.js';
import { fenceLease, LeaseLost, releaseLease, takeLease } from './collections/leases.js';

/** What a backup, erasing, pruning and sealing again exclude each other by: a document in `leases`. */
const RAW = 'raw-pages';
/** A claim whose process died ends after this. */
const TTL_MS = 60_000;
const POLL_MS = 500;
/** What makes a holder unique, and is not for users. */
const MARK = ' #';

export interface ClaimOptions {
  /** How long to wait for another holder's end. */
  patienceMs?: number;
  /** Called once, when it has to wait: who holds the claim. */
  onWait?: (holder: string) => void;
}

/** A claim that is held. */
export interface RawClaim {
  /** Throws `Failure` when another one has taken over, as this process slept through its claim; in a transaction that then aborts. */
  fence: (session?: ClientSession) => Promise<void>;
}

/**
 * Calls `work` while no one else reads all raw bodies or replaces any. `what` names the command or the activity to users.
 * Throws `Failure`, naming who holds the claim, when that one does not end in time.
 */
export async function claimingRaw<T>(
  store: Store,
  what: string,
  work: (claim: RawClaim) => Promise<T>,
  { patienceMs = 5_000, onWait }: ClaimOptions = {},
): Promise<T> {
  const holder = `${what}, process ${process.pid} on ${hostname()}${MARK}${randomUUID()}`;
  const until = Date.now() + patienceMs;
  let lease = await takeLease(store, RAW, holder, TTL_MS);
  for (let isTold = false; !lease; isTold = true) {
    const other = await holderOf(store);
    if (!isTold && other) onWait?.(other.holder);
    if (Date.now() >= until) throw inUse(what, other);
    await sleep(POLL_MS);
    lease = await takeLease(store, RAW, holder, TTL_MS);
  }
  const held = lease;
  const fence = async (session?: ClientSession) => {
    try {
      await fenceLease(store, held, TTL_MS, session);
    } catch (error) {
      if (error instanceof LeaseLost) throw lost(what, await holderOf(store));
      throw error;
    }
  };
  // A renewal that fails is made up for by the next one, or found out by `fence`.
  const renewing = setInterval(() => void fence().catch(() => {}), TTL_MS / 4);
  try {
    return await work({ fence });
  } finally {
    clearInterval(renewing);
    await releaseLease(store, held).catch(() => {}); // it ends by itself
  }
}

/** Who holds the claim now, and until when it is held unless it is renewed. */
async function holderOf(store: Store): Promise<{ holder: string; until: Date } | undefined> {
  const lease = await store.leases.findOne({ _id: RAW });
  return lease?.holder ? { holder: lease.holder.split(MARK)[0]!, until: lease.expires_at } : undefined;
}

type Other = Awaited<ReturnType<typeof holderOf>>;

function inUse(what: string, other: Other): Failure {
  const { holder, until } = other ?? { holder: 'another process', until: new Date() };
  return new Failure('settings-invalid', `${what} has to wait: the raw pages are in use by ${holder}`, {
    remedy: `Try again after its end. Should that process be no more, its claim ends by itself at ${until.toISOString()}`,
  });
}

function lost(what: string, other: Other): Failure {
  const by = other ? ` by ${other.holder}` : '';
  return new Failure('settings-invalid', `${what} did not answer for a minute, and the raw pages were claimed${by}`, {
    remedy: 'Nothing is half done: give the command again',
  });
}
