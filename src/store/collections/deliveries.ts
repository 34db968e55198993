import type { Place, DeliveryCounts, DeliveryDoc } from '../documents/deliveries.js';
import type { EventId } from '../../model/event-order.js';
import type { Fields } from '../../model/observations.js';
import type { Store } from '../database.js';
import { EXACT } from './events.js';

/** A delivery under way, in one process. */
export interface Delivery extends DeliveryDoc {
  /** What was delivered last: look-ups for the batch after it were made before it was written. */
  last?: readonly Delivering[];
  /** It is no turn: what it comes to, and how far, is kept nowhere. */
  beside?: true;
}

/** An entry on its way to be delivered. */
export interface PendingEvent extends Place {
  offset: number;
  length: number;
  category: string;
  value: number;
  more?: Fields;
}

/** What an event says, as it is compared. */
export type Content = Pick<PendingEvent, 'category' | 'value' | 'more'>;
export type Delivering = Content & { id: EventId };

const NO_COUNTS: DeliveryCounts = { new: 0, duplicates: 0, conflicts: 0 };

/** Takes the delivery of a source over: goes on where an earlier attempt at the same turn has come to. */
export async function takeDelivery(store: Store, source: string, turn: string): Promise<Delivery> {
  await store.deliveries.updateOne(
    { _id: source },
    { $setOnInsert: { delivered: 0, epoch: 0, turn: '', counts: NO_COUNTS } },
    { upsert: true },
  );
  const same = { $eq: ['$turn', turn] };
  const taken = await store.deliveries.findOneAndUpdate(
    { _id: source },
    [
      {
        $set: {
          epoch: { $add: ['$epoch', 1] },
          turn,
          counts: { $cond: [same, '$counts', NO_COUNTS] },
          reached: { $cond: [same, { $ifNull: ['$reached', '$$REMOVE'] }, '$$REMOVE'] },
        },
      },
    ],
    { returnDocument: 'after', ...EXACT },
  );
  return taken!;
}

/**
 * Takes the delivery of a source for a batch beside the one that may be under way. That one finds that it is no longer its turn,
 * and its next attempt goes on where it had come to.
 */
export async function takeOutOfBand(store: Store, source: string): Promise<Delivery> {
  const taken = await store.deliveries.findOneAndUpdate(
    { _id: source },
    { $inc: { epoch: 1 }, $setOnInsert: { delivered: 0, turn: '', counts: NO_COUNTS } },
    { upsert: true, returnDocument: 'after', ...EXACT },
  );
  const { reached: _ofAnother, ...delivery } = taken!;
  return { ...delivery, counts: NO_COUNTS, beside: true };
}
