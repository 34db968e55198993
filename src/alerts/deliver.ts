import type { Logger } from 'pino';
import { counts } from '../metrics/counts.js';
import { markDelivered, putBack, takeAlert } from '../store/collections/alerts.js';
import type { AlertDoc } from '../store/documents/alerts.js';
import type { Store } from '../store/database.js';
import { NotTaken, postAlert } from './post.js';

/** Longer than a delivery may take: until then no other worker tries the same alert. */
const HOLD_MS = 60_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** After that it is news no more. */
const GIVE_UP_MS = 3 * 86_400_000;

/** How long to wait before try `attempts + 1`, milliseconds: longer each time. */
export const waitAfter = (attempts: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 3 ** (attempts - 1));

/** Delivers every alert that is due. A receiver that does not take one gets it again later; which worker does that is no matter. */
export async function deliverDue(
  store: Store,
  webhook: string,
  log: Logger,
  signal: AbortSignal,
  wait: (attempts: number) => number = waitAfter,
): Promise<void> {
  const receiver = new URL(webhook).host;
  while (!signal.aborted) {
    const alert = await takeAlert(store, HOLD_MS);
    if (!alert) return;
    try {
      await postAlert(webhook, alert, signal);
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error;
      await later(alert, error);
      continue;
    }
    await markDelivered(store, alert._id);
    counts.alerts.inc({ outcome: 'delivered' });
    log.info({ alert: alert._id, receiver }, 'Alert delivered');
  }

  async function later({ _id, at, attempts }: AlertDoc, { why, retryAfterMs = 0 }: NotTaken): Promise<void> {
    if (signal.aborted) return putBack(store, _id, 0); // our own stop: whoever comes next
    const waitMs = Math.max(wait(attempts), Math.min(retryAfterMs, LONGEST_WAIT_MS));
    const tooLate = (await store.clock.now()).getTime() + waitMs - at.getTime() > GIVE_UP_MS;
    await putBack(store, _id, tooLate ? undefined : waitMs);
    counts.alerts.inc({ outcome: 'failed' });
    // At the first try, the second, the fourth, …
    if (tooLate || (attempts & (attempts - 1)) === 0)
      log.warn(
        { alert: _id, receiver, why, attempts, ...(tooLate ? {} : { waitMs }) },
        tooLate ? 'Alert given up: nobody took it for three days' : 'Alert not delivered, it is tried again',
      );
  }
}
