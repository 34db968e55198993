import type { EventId } from '../../model/event-order.js';

/** A position in the order of events: by id, then by page and row in the run's listing. */
export interface EventPosition {
  id: EventId;
  page: number;
  row: number;
}

export interface LoadCounts {
  new: number;
  duplicates: number;
  conflicts: number;
}

/** How far one source's events have been loaded. Written in the same transaction as the events. */
export interface EventLoadDoc {
  /** The source. */
  _id: string;
  /** Events stored over all runs. */
  stored: number;
  /** The largest id stored. */
  largest?: EventId;
  /** Fencing token: each attempt raises it, and earlier attempts can no longer write. */
  epoch: number;
  /** Id of the last load, its counts, and the position that it has reached. */
  load: string;
  counts: LoadCounts;
  reached?: EventPosition;
}
