import type { EventPosition, LoadCounts, EventLoadDoc } from '../documents/event-loads.js';
import type { EventId } from '../../model/event-order.js';
import type { Fields } from '../../model/observations.js';
import type { Store } from '../database.js';
import { EXACT } from './events.js';

/** A running ordered load, in one process. */
export interface EventLoad extends EventLoadDoc {
  /**
   * Events of the previous batch. The next batch is looked up in the store before these events are written, so it is also
   * compared with this list.
   */
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

/** The content of an event. It is compared with the content of events that have the same id. */
export type Content = Pick<PendingEvent, 'category' | 'value' | 'more'>;
export type LoadedEvent = Content & { id: EventId };

const NO_COUNTS: LoadCounts = { new: 0, duplicates: 0, conflicts: 0 };

/** Takes over the load of a source. Continues where an earlier attempt with the same `id` stopped. */
export async function takeLoad(store: Store, source: string, id: string): Promise<EventLoad> {
  await store.eventLoads.updateOne(
    { _id: source },
    { $setOnInsert: { stored: 0, epoch: 0, load: '', counts: NO_COUNTS } },
    { upsert: true },
  );
  const same = { $eq: ['$load', id] };
  const taken = await store.eventLoads.findOneAndUpdate(
    { _id: source },
    [
      {
        $set: {
          epoch: { $add: ['$epoch', 1] },
          load: id,
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
export async function takeOutOfBand(store: Store, source: string): Promise<EventLoad> {
  const taken = await store.eventLoads.findOneAndUpdate(
    { _id: source },
    { $inc: { epoch: 1 }, $setOnInsert: { stored: 0, load: '', counts: NO_COUNTS } },
    { upsert: true, returnDocument: 'after', ...EXACT },
  );
  const { reached: _ofAnother, ...delivery } = taken!;
  return { ...delivery, counts: NO_COUNTS, outOfBand: true };
}
