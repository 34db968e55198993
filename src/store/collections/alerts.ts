import type { AlertDoc } from '../documents/alerts.js';
import type { Store } from '../database.js';

/** An alert to be delivered. `_id` identifies its event. */
export type NewAlert = Omit<AlertDoc, 'at' | 'next_at' | 'attempts' | 'delivered_at' | 'given_up_at'> & {
  /** When it happened; default: now. */
  at?: Date;
};

/** Adds an alert to the outbox once, even if several workers add it at the same time. Returns whether this call added it. */
export async function putAlert(store: Store, alert: NewAlert): Promise<boolean> {
  const { _id, ...fields } = alert;
  try {
    const { upsertedCount } = await store.alerts.updateOne(
      { _id },
      // 1970, so that the alert is due at once even if a clock is wrong.
      { $setOnInsert: { ...fields, at: fields.at ?? (await store.clock.now()), attempts: 0, next_at: new Date(0) } },
      { upsert: true },
    );
    return upsertedCount === 1;
  } catch (error) {
    if ((error as { code?: number }).code === 11000) return false; // another worker, at the same time
    throw error;
  }
}

/** Takes one due alert, and reserves it for `reserveMs`: no other worker delivers it meanwhile. `null` when none is due. */
export function takeAlert(store: Store, reserveMs: number): Promise<AlertDoc | null> {
  return store.alerts.findOneAndUpdate(
    { next_at: { $exists: true }, $expr: { $lte: ['$next_at', '$$NOW'] } },
    [{ $set: { next_at: { $add: ['$$NOW', reserveMs] }, attempts: { $add: ['$attempts', 1] } } }],
    { sort: { next_at: 1 }, returnDocument: 'after' },
  );
}

export async function markDelivered(store: Store, id: string): Promise<void> {
  await store.alerts.updateOne({ _id: id }, [{ $set: { delivered_at: '$$NOW' } }, { $unset: 'next_at' }]);
}

/** Schedules the next attempt in `waitMs`, or stops trying (`undefined`). */
export async function putBack(store: Store, id: string, waitMs: number | undefined): Promise<void> {
  if (waitMs === undefined)
    await store.alerts.updateOne({ _id: id }, [{ $set: { given_up_at: '$$NOW' } }, { $unset: 'next_at' }]);
  else await store.alerts.updateOne({ _id: id }, [{ $set: { next_at: { $add: ['$$NOW', waitMs] } } }]);
}

/** Alerts that have not been delivered yet. */
export const countWaiting = (store: Store): Promise<number> =>
  store.alerts.countDocuments({ next_at: { $exists: true } });
