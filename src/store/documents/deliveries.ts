import type { EventId } from '../../model/event-order.js';

/** A place in the order of delivery: by id, then by where it came in the run's listing. */
export interface Place {
  id: EventId;
  page: number;
  row: number;
}

export interface DeliveryCounts {
  new: number;
  duplicates: number;
  conflicts: number;
}

/** How far one source's events have been delivered. Written together with them. */
export interface DeliveryDoc {
  /** The source. */
  _id: string;
  /** Events delivered over all runs. */
  delivered: number;
  /** The largest id of all. */
  largest?: EventId;
  /** Raised by each attempt: a late one finds that it is no longer its turn. */
  epoch: number;
  /** The delivery under way, what it has come to, and the place that it has reached. */
  turn: string;
  counts: DeliveryCounts;
  reached?: Place;
}
