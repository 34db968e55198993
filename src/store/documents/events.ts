import { type IndexDescription } from 'mongodb';
import type { EventId } from '../../model/event-order.js';

/** One event, each id once a source: the first one that came. */
export interface EventDoc {
  /** MongoDB orders numbers by value and text by its UTF-8 bytes, which is by code point. */
  _id: { source: string; id: EventId };
  category: string;
  value: number;
  /** What its source said beyond these three: fields of any name. */
  more?: Record<string, unknown>;
  /** Its place in the order of delivery, from 1: by id within a run, runs after each other. */
  seq: number;
  /** Where it was read: page and row of that run's ledger. */
  run: string;
  page: number;
  row: number;
}

/** Aggregates of one category over all events delivered, and over no others. */
export interface CategoryDoc {
  _id: { source: string; category: string };
  count: number;
  sum: number;
  min: number;
  max: number;
  /** How many different values there are. */
  distinct: number;
}

export const eventIndexes: IndexDescription[] = [{ key: { '_id.source': 1, category: 1, value: 1 } }];
