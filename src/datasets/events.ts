import type { Dataset, Place, Understood } from './dataset.js';
import type { EventObservation } from './types.js';

/** An event on its way to its place in the order. */
export interface UnderstoodEvent extends Understood {
  place: Place;
  event: EventObservation;
}

/** Events: unique by their id within a source, and delivered in its order once a listing has been read. */
export const events: Dataset<'events', UnderstoodEvent> = {
  name: 'events',
  personal: [],
  settle: 'order',
  understand: (source, { id, observation }, place) => ({
    _id: `${source.name}:${id}`,
    row: place.index,
    place,
    hash: '',
    event: observation,
  }),
  put() {
    throw new Error('Events are stored in order, never page by page');
  },
};
