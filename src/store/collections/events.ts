import type { EventDoc } from '../documents/events.js';
import { Long, MaxKey, MinKey } from 'mongodb';
import { exactText } from '../../model/exact-json.js';
import type { Store } from '../database.js';
import { fromBson } from '../../model/exact-bson.js';
import type { PageDoc } from '../documents/pages.js';

/** Read option: integers that a double cannot hold are returned as `bigint`. */
export const EXACT = { useBigInt64: true } as const;

/** Read option: events are read as bytes, see `fromBson`. */
export const RAW = { raw: true } as const;

/** Decodes an event read with `RAW`. */
export const eventOf = (bytes: unknown): EventDoc => fromBson(bytes as Uint8Array) as unknown as EventDoc;

/** An event, and the page where it was read. */
export interface TracedEvent {
  event: EventDoc;
  /** Absent if its raw page was removed. */
  page?: PageDoc;
}

/** Finds an event by its id as text, for ids of any type; `null` if none is stored. */
export async function traceEvent(store: Store, source: string, id: string): Promise<TracedEvent | null> {
  const ids: unknown[] = isLong(id) ? [id, Long.fromString(id), Number(id)] : [id, Number(id)];
  const filter = { _id: { $in: ids.map((own) => ({ source, id: own })) } } as object;
  const bytes = await store.events.findOne(filter, { ...RAW, sort: { _id: -1 } });
  if (!bytes) return null;
  const event = eventOf(bytes);
  const { run, page: seq } = event;
  const page = await store.pages.findOne({ run, source, seq }, { projection: { outcome: 0 } });
  return page ? { event, page } : { event };
}

const isLong = (id: string) => /^-?\d{1,19}$/.test(id) && BigInt.asIntN(64, BigInt(id)) === BigInt(id);

/** An event as JSON text for users. The source's further fields are in `more`. */
export function eventText({ _id, category, value, more }: EventDoc): string {
  return exactText({ id: _id.id, category, value, ...(more === undefined ? {} : { more }) });
}

/** All events of a source as JSON text, `{seq, id, category, value, more}`, in the order of their ids. */
export async function* eventsInOrder(store: Store, source: string, category?: string): AsyncGenerator<string> {
  const range = { $gte: { source, id: new MinKey() }, $lte: { source, id: new MaxKey() } };
  const found = store.events
    .find({ _id: range, ...(category === undefined ? {} : { category }) } as object, { ...RAW, hint: { _id: 1 } })
    .sort({ _id: 1 })
    .batchSize(5_000);
  for await (const bytes of found) {
    const event = eventOf(bytes);
    yield `{"seq":${event.seq},${eventText(event).slice(1)}`;
  }
}
