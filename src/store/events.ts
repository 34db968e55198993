import { MaxKey, MinKey, type IndexDescription } from 'mongodb';
import type { EventId } from '../datasets/event-order.js';
import type { Store } from './database.js';

/** One event, each id once a source: the first one that came. */
export interface EventDoc {
  /** MongoDB orders numbers by value and text by its UTF-8 bytes, which is by code point. */
  _id: { source: string; id: EventId };
  category: string;
  value: number;
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

/** What a double cannot hold comes back as `bigint`. */
export const EXACT = { useBigInt64: true } as const;

/** All events of a source as JSON text, `{seq, id, category, value, …}`, in the order of their ids. */
export async function* eventsInOrder(store: Store, source: string, category?: string): AsyncGenerator<string> {
  const range = { $gte: { source, id: new MinKey() }, $lte: { source, id: new MaxKey() } };
  const found = store.events
    .find({ _id: range, ...(category === undefined ? {} : { category }) } as object, { ...EXACT, hint: { _id: 1 } })
    .sort({ _id: 1 })
    .batchSize(5_000);
  for await (const { _id, category: own, value, more, seq } of found) {
    const id = typeof _id.id === 'bigint' ? String(_id.id) : JSON.stringify(_id.id);
    const rest = JSON.stringify({ category: own, value, ...more });
    yield `{"seq":${seq},"id":${id},${rest.slice(1)}`;
  }
}
