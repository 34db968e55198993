import type { EventId } from '../../model/event-order.js';

/** One event. Each id is stored once for a source: the first that was received. */
export interface EventDoc {
  /** MongoDB orders numbers by value and text by its UTF-8 bytes, which is by code point. */
  _id: { source: string; id: EventId };
  category: string;
  value: number;
  /** Further fields of the source, with any names. */
  more?: Record<string, unknown>;
  /** Position in the order of all events, from 1: by id within a run, runs one after the other. */
  seq: number;
  /** Run, page and row where it was read. */
  run: string;
  page: number;
  row: number;
}

/** Aggregates of one category over all stored events. */
export interface CategoryDoc {
  _id: { source: string; category: string };
  count: number;
  sum: number;
  min: number;
  max: number;
  /** Number of distinct values. */
  distinct: number;
}
