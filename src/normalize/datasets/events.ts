import type { Dataset, RowLocation, NormalizedRecord } from './dataset.js';
import { categoryOf, eventIdOf, valueOf } from '../../model/event-values.js';
import { storableFields } from '../../model/event-fields.js';
import type { EventObservation } from '../../model/observations.js';

/** An event that has not been ordered and stored yet. */
export interface NormalizedEvent extends NormalizedRecord {
  place: RowLocation;
  event: EventObservation;
}

/** Events: unique by their id within a source, and stored in the order of their ids after the listing is read. */
export const events: Dataset<'events', NormalizedEvent> = {
  name: 'events',
  personal: [],
  afterNormalizing: 'order',
  toRecord: (source, { observation }, place) => {
    const event = checkedEvent(observation);
    return { _id: `${source.name}:${event.id}`, row: place.index, place, hash: '', event };
  },
  put() {
    throw new Error('Events are stored in order, never page by page');
  },
};

/** Checks that MongoDB can store and sort an event, because user code may have mapped it. Throws `RecordRejected`. */
function checkedEvent({ id, category, value, more }: EventObservation): EventObservation {
  const event: EventObservation = { id: eventIdOf(id), category: categoryOf(category), value: valueOf(value) };
  if (more !== undefined && more !== null) event.more = storableFields(more);
  return event;
}
