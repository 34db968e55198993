import type { AlertDoc } from '../documents/alerts.js';
import type { Store } from '../database.js';

/** What happened; `_id` tells it from every other event. */
export type NewAlert = Omit<AlertDoc, 'at' | 'next_at' | 'attempts' | 'delivered_at' | 'given_up_at'> & {
  /** When it happened; without it now. */
  at?: Date;
};

/** Puts an alert into the outbox, whoever else may be about to. Returns whether it is new. */
export async function putAlert(store: Store, alert: NewAlert): Promise<boolean> {
  const { _id, ...fields } = alert;
  try {
    const { upsertedCount } = await store.alerts.updateOne(
      { _id },
      // Due at once, on whatever clock.
      { $setOnInsert: { ...fields, at: fields.at ?? (await store.clock.now()), attempts: 0, next_at: new Date(0) } },
      { upsert: true },
    );
    return upsertedCount === 1;
  } catch (error) {
    if ((error as { code?: number }).code === 11000) return false; // another worker, at the same time
    throw error;
  }
}

/** Takes one alert that is due, for `holdMs`: nobody else delivers it meanwhile. `null`: nothing is due. */
export function takeAlert(store: Store, holdMs: number): Promise<AlertDoc | null> {
  return store.alerts.findOneAndUpdate(
    { next_at: { $exists: true }, $expr: { $lte: ['$next_at', '$$NOW'] } },
    [{ $set: { next_at: { $add: ['$$NOW', holdMs] }, attempts: { $add: ['$attempts', 1] } } }],
    { sort: { next_at: 1 }, returnDocument: 'after' },
  );
}

export async function markDelivered(store: Store, id: string): Promise<void> {
  await store.alerts.updateOne({ _id: id }, [{ $set: { delivered_at: '$$NOW' } }, { $unset: 'next_at' }]);
}

/** Puts an alert back: to be tried again in `waitMs`, or (`undefined`) never. */
export async function putBack(store: Store, id: string, waitMs: number | undefined): Promise<void> {
  if (waitMs === undefined)
    await store.alerts.updateOne({ _id: id }, [{ $set: { given_up_at: '$$NOW' } }, { $unset: 'next_at' }]);
  else await store.alerts.updateOne({ _id: id }, [{ $set: { next_at: { $add: ['$$NOW', waitMs] } } }]);
}

/** Alerts that have not been delivered yet. */
export const countWaiting = (store: Store): Promise<number> =>
  store.alerts.countDocuments({ next_at: { $exists: true } });
