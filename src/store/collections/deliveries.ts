import type { EventPosition, DeliveryCounts, DeliveryDoc } from '../documents/deliveries.js';
import type { EventId } from '../../model/event-order.js';
import type { Fields } from '../../model/observations.js';
import type { Store } from '../database.js';
import { EXACT } from './events.js';

/** A running ordered load, in one process. */
export interface Delivery extends DeliveryDoc {
  /** Events of the previous batch, because the next batch is looked up before they are written. */
  last?: readonly LoadedEvent[];
  /** An out-of-band load: its counts and position are not stored. */
  outOfBand?: true;
}

/** An event that is to be stored. */
export interface PendingEvent extends EventPosition {
  offset: number;
  length: number;
  category: string;
  value: number;
  more?: Fields;
}

/** The content of an event that is compared with that of equal ids. */
export type Content = Pick<PendingEvent, 'category' | 'value' | 'more'>;
export type LoadedEvent = Content & { id: EventId };

const NO_COUNTS: DeliveryCounts = { new: 0, duplicates: 0, conflicts: 0 };

/** Takes over the load of a source. Continues where an earlier attempt with the same `id` stopped. */
export async function takeDelivery(store: Store, source: string, id: string): Promise<Delivery> {
  await store.deliveries.updateOne(
    { _id: source },
    { $setOnInsert: { delivered: 0, epoch: 0, turn: '', counts: NO_COUNTS } },
    { upsert: true },
  );
  const same = { $eq: ['$turn', id] };
  const taken = await store.deliveries.findOneAndUpdate(
    { _id: source },
    [
      {
        $set: {
          epoch: { $add: ['$epoch', 1] },
          turn: id,
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
 * Takes over the load of a source for an out-of-band batch. A running load then fails as superseded, and its next attempt
 * continues where it had stopped.
 */
export async function takeOutOfBand(store: Store, source: string): Promise<Delivery> {
  const taken = await store.deliveries.findOneAndUpdate(
    { _id: source },
    { $inc: { epoch: 1 }, $setOnInsert: { delivered: 0, turn: '', counts: NO_COUNTS } },
    { upsert: true, returnDocument: 'after', ...EXACT },
  );
  const { reached: _ofAnother, ...delivery } = taken!;
  return { ...delivery, counts: NO_COUNTS, outOfBand: true };
}
