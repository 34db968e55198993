import type { Logger } from 'pino';
import { counts } from '../metrics/counts.js';
import { markDelivered, putBack, takeAlert } from '../store/collections/alerts.js';
import type { AlertDoc } from '../store/documents/alerts.js';
import type { Store } from '../store/database.js';
import { DeliveryError, postAlert } from './post.js';

/** Milliseconds for which one worker reserves an alert; longer than the maximum duration of a delivery. */
const RESERVATION_MS = 60_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Milliseconds after which an undelivered alert is outdated. */
const EXPIRY_MS = 3 * 86_400_000;

/** Milliseconds before try `attempts + 1`: longer each time. */
export const waitAfter = (attempts: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 3 ** (attempts - 1));

/** Delivers every alert that is due. An alert that could not be delivered is retried later, by any worker. */
export async function deliverDue(
  store: Store,
  webhook: string,
  log: Logger,
  signal: AbortSignal,
  wait: (attempts: number) => number = waitAfter,
): Promise<void> {
  const receiver = new URL(webhook).host;
  while (!signal.aborted) {
    const alert = await takeAlert(store, RESERVATION_MS);
    if (!alert) return;
    try {
      await postAlert(webhook, alert, signal);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      await retryLater(alert, error);
      continue;
    }
    await markDelivered(store, alert._id);
    counts.alerts.inc({ outcome: 'delivered' });
    log.info({ alert: alert._id, receiver }, 'Alert delivered');
  }

  async function retryLater({ _id, at, attempts }: AlertDoc, { why, retryAfterMs = 0 }: DeliveryError): Promise<void> {
    if (signal.aborted) return putBack(store, _id, 0); // this worker stops: another worker may deliver the alert at once
    const waitMs = Math.max(wait(attempts), Math.min(retryAfterMs, LONGEST_WAIT_MS));
    const tooLate = (await store.clock.now()).getTime() + waitMs - at.getTime() > EXPIRY_MS;
    await putBack(store, _id, tooLate ? undefined : waitMs);
    counts.alerts.inc({ outcome: 'failed' });
    // Log at the first try, the second, the fourth, …
    if (tooLate || (attempts & (attempts - 1)) === 0)
      log.warn(
        { alert: _id, receiver, why, attempts, ...(tooLate ? {} : { waitMs }) },
        tooLate ? 'Alert dropped: it could not be delivered for three days' : 'Alert not delivered, it will be retried',
      );
  }
}
