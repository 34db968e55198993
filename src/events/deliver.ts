import { isDeepStrictEqual } from 'node:util';
import type { ClientSession } from 'mongodb';
import { compareIds, type EventId } from '../model/event-order.js';
import type { Fields } from '../model/observations.js';
import { Failure } from '../model/failure.js';
import type { Store } from '../store/database.js';
import { aggregated } from './aggregates.js';
import type { PendingEvent, Content, Delivering, Delivery } from '../store/collections/deliveries.js';
import type { Place } from '../store/documents/deliveries.js';
import { eventOf, RAW } from '../store/collections/events.js';
import type { EventDoc } from '../store/documents/events.js';
import { toBson } from '../model/exact-bson.js';
import { putRejected, type Rejected, type RejectedOrigin } from '../store/collections/quarantine.js';
import { refusalOf } from '../store/unstorable.js';
import { releaseRows } from '../store/release.js';

/** What has to be known before a batch can be delivered. */
export interface Prepared {
  arrivals: readonly PendingEvent[];
  /** Events of the store with ids of the batch. */
  known: ReadonlyMap<EventId, Content>;
  /** Values of the batch that their category had before, `category` to values. */
  values: ReadonlyMap<string, Set<number>>;
}

/** Where a batch comes from. */
export interface Delivered {
  run: string;
  /** The page at a position of the listing, for rows of it that are rejected. */
  originOf: (page: number) => RejectedOrigin;
  /** Whether the row is in quarantine: it leaves with its delivery. */
  waits?: (place: Place) => boolean;
}

export const CONFLICT = 'the id was delivered before with other content';

/** Reads what the store knows of a batch. It may run while the batch before it is being written. */
export async function prepare(
  store: Store,
  source: string,
  arrivals: readonly PendingEvent[],
  largest: EventId | undefined,
): Promise<Prepared> {
  const known: Map<EventId, Content> = new Map();
  const ids = [...new Set(arrivals.map(({ id }) => id))].filter(
    (id) => largest !== undefined && compareIds(id, largest) <= 0,
  );
  const wanted = new Map<string, Set<number>>();
  for (const { category, value } of arrivals) {
    const own = wanted.get(category);
    if (own) own.add(value);
    else wanted.set(category, new Set([value]));
  }
  const values = new Map<string, Set<number>>();
  const asked = [...wanted].map(async ([category, own]) => {
    const filter = { '_id.source': source, category, value: { $in: [...own] } };
    values.set(category, new Set(await store.events.distinct('value', filter)));
  });
  if (ids.length > 0) {
    const found = store.events.find({ _id: { $in: ids.map((id) => ({ source, id })) } }, RAW).batchSize(10_000);
    for await (const bytes of found) {
      const { _id, category, value, more } = eventOf(bytes);
      known.set(_id.id, { category, value, ...(more === undefined ? {} : { more: more as Fields }) });
    }
  }
  await Promise.all(asked);
  return { arrivals, known, values };
}

/**
 * Delivers a batch: new events, aggregates, conflicts and how far it has come, in one transaction. `delivery` is as after the
 * batch before. An event that MongoDB does not take is rejected with its reason, the others are delivered. Throws
 * `Failure('superseded')` when another attempt has taken over: then nothing was written.
 */
export async function deliver(
  store: Store,
  delivery: Delivery,
  prepared: Prepared,
  delivered: Delivered,
  refused?: string,
): Promise<Delivery> {
  const batch = batchOf(delivery, prepared, delivered, refused);
  try {
    return await write(store, delivery, batch, delivered);
  } catch (error) {
    const reason = refusalOf(error);
    const { arrivals } = prepared;
    if (reason === undefined || refused !== undefined) throw error;
    if (arrivals.length === 1) return deliver(store, delivery, prepared, delivered, reason);
    const half = arrivals.length >> 1;
    const first = await deliver(store, delivery, { ...prepared, arrivals: arrivals.slice(0, half) }, delivered);
    // What the second half is compared with includes what the first one delivered, and what came before both.
    const last = [...(delivery.last ?? []), ...(first.last ?? [])];
    const rest = { ...prepared, arrivals: arrivals.slice(half) };
    const second = await deliver(store, { ...first, last }, rest, delivered);
    return { ...second, last: [...(first.last ?? []), ...(second.last ?? [])] };
  }
}

/** What a batch comes to before it is written. */
interface Batch {
  after: Delivery;
  fresh: readonly EventDoc[];
  values: ReadonlyMap<string, ReadonlySet<number>>;
  /** By the position of their page. */
  rejected: ReadonlyMap<number, Rejected[]>;
  released: { page: string; row: number }[];
}

/** `refused`: why MongoDB does not take the one event of the batch. */
function batchOf(
  delivery: Delivery,
  { arrivals, known, values }: Prepared,
  { run, originOf, waits }: Delivered,
  refused: string | undefined,
): Batch {
  const source = delivery._id;
  const released: Batch['released'] = [];
  const fresh: EventDoc[] = [];
  const own: Delivering[] = [];
  const rejected = new Map<number, Rejected[]>();
  const counts = { ...delivery.counts };
  const first = new Map<EventId, Content>(known);
  for (const event of delivery.last ?? []) {
    first.set(event.id, event);
    values.get(event.category)?.add(event.value);
  }
  for (const arrival of arrivals) {
    const { id, page, row, offset, length, category, value, more } = arrival;
    const earlier = first.get(id);
    const event = { category, value, ...(more === undefined ? {} : { more }) };
    const reason = refused ?? (earlier !== undefined && !isSame(earlier, event) ? CONFLICT : undefined);
    if (reason !== undefined) {
      counts.conflicts += 1;
      const ofPage = rejected.get(page) ?? [];
      rejected.set(page, ofPage);
      ofPage.push({ reason, row, offset, length });
      continue;
    }
    if (earlier === undefined) {
      const seq = delivery.delivered + fresh.length + 1;
      const stored = more === undefined ? {} : { more: toBson(more) as Record<string, unknown> };
      fresh.push({ _id: { source, id }, category, value, ...stored, seq, run, page, row });
      own.push({ id, ...event });
      first.set(id, event);
    } else counts.duplicates += 1;
    if (waits?.(arrival)) released.push({ page: originOf(page).page, row });
  }
  counts.new += fresh.length;
  const last = arrivals.at(-1)!;
  const after: Delivery = {
    ...delivery,
    delivered: delivery.delivered + fresh.length,
    largest: delivery.largest === undefined || compareIds(last.id, delivery.largest) > 0 ? last.id : delivery.largest,
    counts,
    reached: { id: last.id, page: last.page, row: last.row },
    last: own,
  };
  return { after, fresh, values, rejected, released };
}

async function write(
  store: Store,
  { _id: source, epoch, beside }: Delivery,
  { after, fresh, values, rejected, released }: Batch,
  { originOf }: Delivered,
): Promise<Delivery> {
  const { delivered, largest, reached, counts } = after;
  const progress = { delivered, largest, ...(beside ? {} : { counts, reached }) };
  await inTransaction(store, async (session) => {
    const held = await store.deliveries.updateOne({ _id: source, epoch }, { $set: progress as object }, { session });
    if (held.matchedCount === 0) throw superseded(source);
    if (fresh.length > 0) {
      await store.events.insertMany(fresh, { session, ordered: true });
      await store.eventCategories.bulkWrite(aggregated(source, fresh, values), { session, ordered: false });
    }
    for (const [page, rows] of rejected) {
      const origin = { ...originOf(page), observedAt: new Date() };
      const unkept = await putRejected(store, origin, rows, session);
      const ofPage = { _id: origin.page, outcome: { $exists: true } };
      if (unkept > 0) await store.pages.updateOne(ofPage, { $inc: { 'outcome.unkept': unkept } }, { session });
    }
    await releaseRows(store, released, session);
  });
  return after;
}

/** Whether no other attempt has taken the delivery over. */
export async function isOwn(store: Store, { _id, epoch }: Delivery): Promise<boolean> {
  return (await store.deliveries.findOne({ _id, epoch }, { projection: { _id: 1 } })) !== null;
}

export const superseded = (source: string): Failure =>
  new Failure('superseded', `Another attempt delivers the records of ${source} by now`, { source });

function isSame(a: Content, b: Content): boolean {
  return a.category === b.category && a.value === b.value && isDeepStrictEqual(a.more, b.more);
}

async function inTransaction(store: Store, work: (session: ClientSession) => Promise<void>): Promise<void> {
  await store.client.withSession((session) =>
    session.withTransaction(() => work(session), { writeConcern: { w: 'majority', journal: true } }),
  );
}
