import { isDeepStrictEqual } from 'node:util';
import type { ClientSession } from 'mongodb';
import { compareIds, type EventId } from '../datasets/event-order.js';
import { Failure } from '../failure.js';
import type { Store } from './database.js';
import { aggregated } from './event-aggregates.js';
import { EXACT, type EventDoc } from './events.js';
import { putRejected, type Rejected } from './quarantine.js';
import { releaseRows } from './release.js';

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
  /** What the ids of this source are, by the first that came. */
  kind?: 'number' | 'text';
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

/** A delivery under way, in one process. */
export interface Delivery extends DeliveryDoc {
  /** What was delivered last: look-ups for the batch after it were made before it was written. */
  last?: readonly EventDoc[];
  /** It is no turn: what it comes to, and how far, is kept nowhere. */
  beside?: true;
}

/** An entry on its way to be delivered. */
export interface Arrival extends Place {
  offset: number;
  length: number;
  category: string;
  value: number;
  more?: Record<string, unknown>;
}

const NO_COUNTS: DeliveryCounts = { new: 0, duplicates: 0, conflicts: 0 };

/** Takes the delivery of a source over: goes on where an earlier attempt at the same turn has come to. */
export async function takeDelivery(store: Store, source: string, turn: string): Promise<Delivery> {
  await store.deliveries.updateOne(
    { _id: source },
    { $setOnInsert: { delivered: 0, epoch: 0, turn: '', counts: NO_COUNTS } },
    { upsert: true },
  );
  const same = { $eq: ['$turn', turn] };
  const taken = await store.deliveries.findOneAndUpdate(
    { _id: source },
    [
      {
        $set: {
          epoch: { $add: ['$epoch', 1] },
          turn,
          counts: { $cond: [same, '$counts', NO_COUNTS] },
          reached: { $cond: [same, { $ifNull: ['$reached', '$$REMOVE'] }, '$$REMOVE'] },
        },
      },
    ],
    { returnDocument: 'after', ...EXACT },
  );
  return taken!;
}

/**
 * Takes the delivery of a source for a batch beside the one that may be under way. That one finds that it is no longer its turn,
 * and its next attempt goes on where it had come to.
 */
export async function takeBeside(store: Store, source: string): Promise<Delivery> {
  const taken = await store.deliveries.findOneAndUpdate(
    { _id: source },
    { $inc: { epoch: 1 }, $setOnInsert: { delivered: 0, turn: '', counts: NO_COUNTS } },
    { upsert: true, returnDocument: 'after', ...EXACT },
  );
  const { reached: _ofAnother, ...delivery } = taken!;
  return { ...delivery, counts: NO_COUNTS, beside: true };
}

/** Fixes what kind of id the source has, for good. */
export async function fixKind(store: Store, delivery: Delivery, kind: 'number' | 'text'): Promise<void> {
  await store.deliveries.updateOne({ _id: delivery._id, kind: { $exists: false } }, { $set: { kind } });
  delivery.kind = kind;
}

/** What has to be known before a batch can be delivered. */
export interface Prepared {
  arrivals: readonly Arrival[];
  /** Events of the store with ids of the batch. */
  known: ReadonlyMap<EventId, Content>;
  /** Values of the batch that their category had before, `category` to values. */
  values: ReadonlyMap<string, Set<number>>;
}

/** Where a batch comes from. */
export interface Delivered {
  run: string;
  /** The page at a position of the listing. */
  pageId: (page: number) => string;
  /** Whether the row is in quarantine: it leaves with its delivery. */
  waits?: (place: Place) => boolean;
}

export const CONFLICT = 'the id was delivered before with other content';

type Content = Pick<EventDoc, 'category' | 'value' | 'more'>;

/** Reads what the store knows of a batch. It may run while the batch before it is being written. */
export async function prepare(
  store: Store,
  source: string,
  arrivals: readonly Arrival[],
  largest: EventId | undefined,
): Promise<Prepared> {
  const known: Map<EventId, EventDoc> = new Map();
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
    const found = store.events.find({ _id: { $in: ids.map((id) => ({ source, id })) } }, EXACT).batchSize(10_000);
    for (const event of await found.toArray()) known.set(event._id.id, event);
  }
  await Promise.all(asked);
  return { arrivals, known, values };
}

/**
 * Delivers a batch: new events, aggregates, conflicts and how far it has come, in one transaction. `delivery` is as after the
 * batch before. Throws `Failure` (`server-unavailable`) when another attempt has taken over: then nothing was written.
 */
export async function deliver(
  store: Store,
  delivery: Delivery,
  { arrivals, known, values }: Prepared,
  { run, pageId, waits }: Delivered,
): Promise<Delivery> {
  const { _id: source, epoch } = delivery;
  const released: { page: string; row: number }[] = [];
  const fresh: EventDoc[] = [];
  const conflicts: (Rejected & { page: number })[] = [];
  const counts = { ...delivery.counts };
  const first = new Map<EventId, Content>(known);
  for (const event of delivery.last ?? []) {
    first.set(event._id.id, event);
    values.get(event.category)?.add(event.value);
  }
  for (const arrival of arrivals) {
    const { id, page, row, offset, length, category, value, more } = arrival;
    const earlier = first.get(id);
    const event = { category, value, ...(more === undefined ? {} : { more }) };
    if (earlier === undefined) {
      const seq = delivery.delivered + fresh.length + 1;
      fresh.push({ _id: { source, id }, ...event, seq, run, page, row });
      first.set(id, event);
    } else if (isSame(earlier, event)) counts.duplicates += 1;
    else {
      counts.conflicts += 1;
      conflicts.push({ reason: CONFLICT, row, offset, length, page });
      continue;
    }
    if (waits?.(arrival)) released.push({ page: pageId(page), row });
  }
  counts.new += fresh.length;
  const last = arrivals.at(-1)!;
  const after: Delivery = {
    ...delivery,
    delivered: delivery.delivered + fresh.length,
    largest: delivery.largest === undefined || compareIds(last.id, delivery.largest) > 0 ? last.id : delivery.largest,
    counts,
    reached: { id: last.id, page: last.page, row: last.row },
    last: fresh,
  };
  const { delivered, largest, reached } = after;
  const progress = { delivered, largest, ...(delivery.beside ? {} : { counts, reached }) };
  await inTransaction(store, async (session) => {
    const own = await store.deliveries.updateOne({ _id: source, epoch }, { $set: progress as object }, { session });
    if (own.matchedCount === 0)
      throw new Failure('server-unavailable', `Another attempt delivers the records of ${source} by now`, { source });
    if (fresh.length > 0) {
      await store.events.insertMany(fresh, { session, ordered: true });
      await store.eventCategories.bulkWrite(aggregated(source, fresh, values), { session, ordered: false });
    }
    for (const conflict of conflicts) {
      const origin = { source, run, page: pageId(conflict.page), observedAt: new Date() };
      await putRejected(store, origin, [conflict], session);
    }
    await releaseRows(store, released, session);
  });
  return after;
}

function isSame(a: Content, b: Content): boolean {
  return a.category === b.category && a.value === b.value && isDeepStrictEqual(a.more, b.more);
}

async function inTransaction(store: Store, work: (session: ClientSession) => Promise<void>): Promise<void> {
  await store.client.withSession((session) =>
    session.withTransaction(() => work(session), { writeConcern: { w: 'majority', journal: true } }),
  );
}
