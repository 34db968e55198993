import { isDeepStrictEqual } from 'node:util';
import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import { compareIds, type EventId } from '../datasets/event-order.js';
import { Failure } from '../failure.js';
import type { Store } from './database.js';
import { EXACT, type CategoryDoc, type EventDoc } from './events.js';
import { putRejected, type Rejected } from './quarantine.js';

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
  { run, pageId }: { run: string; pageId: (page: number) => string },
): Promise<Delivery> {
  const { _id: source, epoch } = delivery;
  const fresh: EventDoc[] = [];
  const conflicts: (Rejected & { page: number })[] = [];
  const counts = { ...delivery.counts };
  const first = new Map<EventId, Content>(known);
  for (const event of delivery.last ?? []) {
    first.set(event._id.id, event);
    values.get(event.category)?.add(event.value);
  }
  for (const { id, page, row, offset, length, category, value, more } of arrivals) {
    const earlier = first.get(id);
    const event = { category, value, ...(more === undefined ? {} : { more }) };
    if (earlier === undefined) {
      const seq = delivery.delivered + fresh.length + 1;
      fresh.push({ _id: { source, id }, ...event, seq, run, page, row });
      first.set(id, event);
    } else if (isSame(earlier, event)) counts.duplicates += 1;
    else {
      counts.conflicts += 1;
      conflicts.push({ reason: 'the id was delivered before with other content', row, offset, length, page });
    }
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
  const progress = { delivered, largest, counts, reached };
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
  });
  return after;
}

function isSame(a: Content, b: Content): boolean {
  return a.category === b.category && a.value === b.value && isDeepStrictEqual(a.more, b.more);
}

/** What the new events change in their categories. */
function aggregated(
  source: string,
  fresh: readonly EventDoc[],
  values: Prepared['values'],
): AnyBulkWriteOperation<CategoryDoc>[] {
  const sums = new Map<string, { count: number; sum: number; min: number; max: number; values: Set<number> }>();
  for (const { category, value } of fresh) {
    let own = sums.get(category);
    if (!own) sums.set(category, (own = { count: 0, sum: 0, min: value, max: value, values: new Set() }));
    own.count += 1;
    own.sum += value;
    if (value < own.min) own.min = value;
    if (value > own.max) own.max = value;
    if (!values.get(category)?.has(value)) own.values.add(value);
  }
  return [...sums].map(([category, { count, sum, min, max, values: own }]) => ({
    updateOne: {
      filter: { _id: { source, category } },
      update: { $inc: { count, sum, distinct: own.size }, $min: { min }, $max: { max } },
      upsert: true,
    },
  }));
}

async function inTransaction(store: Store, work: (session: ClientSession) => Promise<void>): Promise<void> {
  await store.client.withSession((session) =>
    session.withTransaction(() => work(session), { writeConcern: { w: 'majority', journal: true } }),
  );
}
