import { Long, MaxKey, MinKey, type IndexDescription } from 'mongodb';
import type { EventId } from '../datasets/event-order.js';
import type { Store } from './database.js';
import type { PageDoc } from './pages.js';

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

/** An event, and the place where it was read. */
export interface TracedEvent {
  event: EventDoc;
  /** Absent where its raw page has been removed since. */
  page?: PageDoc;
}

/** One event by its id as text, whatever kind of ids its source has; `null` when none was delivered. */
export async function traceEvent(store: Store, source: string, id: string): Promise<TracedEvent | null> {
  const ids: unknown[] = /^-?\d+$/.test(id) ? [id, Long.fromString(id), Number(id)] : [id, Number(id)];
  const event = await store.events.findOne({ _id: { $in: ids.map((own) => ({ source, id: own })) } } as object);
  if (!event) return null;
  const { run, page: seq } = event;
  const page = await store.pages.findOne({ run, source, seq }, { projection: { outcome: 0 } });
  return page ? { event, page } : { event };
}

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
